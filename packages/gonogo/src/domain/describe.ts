import type { Work } from './plan.ts';
import { describeSplit } from './split.ts';

/** A piece of work in a few words, for people: `run 2 in green`. */
export function describeWork(work: Work): string {
  switch (work.do) {
    case 'check':
      return describeSuite(work);
    case 'scale':
      return work.count === 0 ? `stop ${work.pool.slot}` : `run ${work.count} in ${work.pool.slot}`;
    case 'ready':
      return `wait until ${work.pool.slot} is ready`;
    case 'flip':
      return work.moves
        .map(
          ({ shift: { from, to } }) =>
            `send traffic to ${describeSplit(to)}, which goes to ${describeSplit(from)}`,
        )
        .join('; ');
    case 'watch':
      return `watch ${work.pool.slot} for ${work.rules.for / 1000} s`;
  }
}

function describeSuite({ suite, slot, front }: Extract<Work, { do: 'check' }>): string {
  switch (suite) {
    case 'preflight':
      return `check the variables, and that ${front.host}:${front.port} can be listened on`;
    case 'reach':
      return `check from inside ${slot.slot} what the contract must reach`;
    case 'smoke':
      return `ask the service's own checks in ${slot.slot}`;
  }
}
