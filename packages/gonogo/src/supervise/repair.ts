import { poolKey } from '../domain/slot.ts';
import type { Millis } from '../domain/units.ts';
import { untilTold } from './members.ts';
import { countOf, specOf } from './scale.ts';
import { once, replacing, type Supervision, type Wanted } from './supervision.ts';
import type { Watched } from './watched.ts';

/** Supervision acts under no lease: it only keeps alive what a rollout has put there. */
export const noFence = 0;

/**
 * Starts what is missing and replaces what ended or failed and has waited; answers when the next wait is over. What failed
 * waits as one that ended: whoever waits keeps no memory and no lock.
 */
export function repair(supervision: Supervision): Millis {
  let soonest = Number.POSITIVE_INFINITY;
  const now = supervision.tools.clock.mono();
  for (const [key, wanted] of supervision.wanted) {
    // What was not looked at yet is not missing.
    if (!supervision.looked.has(key)) continue;
    const present = [...supervision.watched.values()].filter((watched) => watched.wanted === wanted);
    if (present.length < (countOf(supervision, wanted) ?? 0))
      once(supervision, `starting ${key}`, () => fill(supervision, wanted));
    for (const watched of present) {
      if (watched.ending === undefined || supervision.leaving.has(watched.id)) continue;
      if (watched.ending.replaceAt <= now)
        once(supervision, replacing(watched.id), () => replace(supervision, watched));
      else {
        soonest = Math.min(soonest, watched.ending.replaceAt);
        if (watched.instance.state.is === 'running')
          once(supervision, replacing(watched.id), () => end(supervision, watched));
      }
    }
  }
  return soonest;
}

async function fill(supervision: Supervision, wanted: Wanted): Promise<void> {
  const count = countOf(supervision, wanted);
  if (count === undefined || !stillWanted(supervision, wanted)) return;
  await supervision.tools.runtime.apply(specOf(wanted, count), noFence, supervision.signal);
}

async function replace(supervision: Supervision, { id, wanted, ending }: Watched): Promise<void> {
  const { tools, signal } = supervision;
  // Out of the membership first, acknowledged, and only then SIGTERM.
  await untilTold(supervision, wanted.slot);
  if (!stillWanted(supervision, wanted)) return;
  const inARow = ending?.times ?? 0;
  const heir = await tools.runtime.restart(wanted.spec, { of: id, inARow }, signal);
  if (heir !== undefined) tools.log.info(`${id} was replaced by ${heir}`);
}

async function end(supervision: Supervision, { id, wanted }: Watched): Promise<void> {
  await untilTold(supervision, wanted.slot);
  if (!stillWanted(supervision, wanted)) return;
  await supervision.tools.runtime.end(wanted.spec, id, supervision.signal);
}

const stillWanted = (supervision: Supervision, wanted: Wanted): boolean =>
  supervision.wanted.get(poolKey(wanted.spec.pool)) === wanted;
