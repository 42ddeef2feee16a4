import type { Move, Work, WorkOf } from './plan.ts';
import type { PoolId } from './slot.ts';
import { describeSplit, sameSplit } from './split.ts';

/** A piece of work in a few words, for people: `run 2 in green`. */
export function describeWork(work: Work): string {
  switch (work.do) {
    case 'check':
      return describeSuite(work);
    case 'scale':
      return describeScale(work);
    case 'ready':
      return `wait until ${poolInWords(work.pool)} is ready`;
    case 'job':
      return work.job === 'migrate' ? 'migrate the database' : 'take the migration back';
    case 'ask':
      return describeGate(work);
    case 'flip':
      return work.moves.map(describeMove).join('; ');
    case 'watch':
      return `watch ${work.pool.slot} for ${work.rules.for / 1000} s`;
  }
}

/** `green`, or `the mailer in green` */
const poolInWords = ({ slot, role }: PoolId): string => (role === 'web' ? slot : `the ${role} in ${slot}`);

const describeScale = ({ pool, count }: WorkOf<'scale'>): string =>
  count === 0
    ? `stop ${poolInWords(pool)}`
    : `run ${count}${pool.role === 'web' ? '' : ` ${pool.role}`} in ${pool.slot}`;

function describeMove({ shift: { from, to }, holds }: Move): string {
  if (sameSplit(from, to)) return 'send traffic to the instances that are ready now';
  if (holds) return `let users wait, who are with ${describeSplit(from)}`;
  return `send traffic to ${describeSplit(to)}, which goes to ${describeSplit(from)}`;
}

function describeGate({ otherwise, unlessProvenBy }: WorkOf<'ask'>): string {
  const asked =
    unlessProvenBy === undefined ? 'wait for approval' : 'wait for approval if traffic proved nothing';
  return `${asked}; without an answer ${otherwise === 'go' ? 'go on' : 'go back'}`;
}

function describeSuite({ suite, slot, front }: WorkOf<'check'>): string {
  switch (suite) {
    case 'preflight':
      return `check the variables, room on the host, and that ${front.host}:${front.port} can be listened on`;
    case 'reach':
      return `check from inside ${slot.slot} what the contract must reach`;
    case 'smoke':
      return `ask the service's own checks in ${slot.slot}`;
    case 'still-works':
      return `check that ${slot.slot} still works on the migrated database`;
  }
}
