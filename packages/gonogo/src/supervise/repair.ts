import { poolKey } from '../domain/slot.ts';
import type { Millis } from '../domain/units.ts';
import { countOf, specNow } from './scale.ts';
import { once, type Supervision, type Wanted } from './supervision.ts';
import type { Watched } from './watched.ts';

/** Supervision acts under no lease: it only keeps alive what a rollout has put there. */
export const noFence = 0;

/** Starts what is missing and replaces what ended or failed and has waited; answers when the next wait is over. */
export function repair(supervision: Supervision): Millis {
  let soonest = Number.POSITIVE_INFINITY;
  const now = supervision.tools.clock.mono();
  for (const [key, wanted] of supervision.wanted) {
    const present = [...supervision.watched.values()].filter((watched) => watched.wanted === wanted);
    if (present.length < (countOf(supervision, wanted) ?? 0))
      once(supervision, `starting ${key}`, () => fill(supervision, wanted));
    for (const watched of present) {
      if (watched.replaceAt === undefined || supervision.leaving.has(watched.id)) continue;
      if (watched.replaceAt <= now)
        once(supervision, `replacing ${watched.id}`, () => replace(supervision, watched));
      else soonest = Math.min(soonest, watched.replaceAt);
    }
  }
  return soonest;
}

async function fill(supervision: Supervision, wanted: Wanted): Promise<void> {
  if (stillWanted(supervision, wanted))
    await supervision.tools.runtime.apply(specNow(supervision, wanted), noFence, supervision.signal);
}

async function replace(supervision: Supervision, watched: Watched): Promise<void> {
  const { tools, signal, heirs, tasks, watched: watchedNow } = supervision;
  // Out of the membership first, acknowledged, and only then SIGTERM.
  await tasks.get(`telling ${watched.wanted.slot.slot}`);
  if (!stillWanted(supervision, watched.wanted)) return;
  const id = await tools.runtime.restart(watched.wanted.spec, watched.id, signal);
  if (id === undefined) return;
  const heir = watchedNow.get(id);
  if (heir) heir.restarts = watched.restarts + 1;
  else heirs.set(id, watched.restarts + 1);
  tools.log.info(`${watched.id} was replaced by ${id}`);
}

const stillWanted = (supervision: Supervision, wanted: Wanted): boolean =>
  supervision.wanted.get(poolKey(wanted.spec.pool)) === wanted;
