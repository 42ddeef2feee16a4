import type { Event } from '../../packages/gonogo/src/domain/event.ts';
import { streamOf } from '../../packages/gonogo/src/domain/target.ts';
import { openStores, type Stores } from '../../packages/gonogo/src/stores/sqlite/index.ts';
import { systemClock } from '../../packages/gonogo/src/system/clock.ts';
import type { StateFolder } from '../../packages/gonogo/src/system/state.ts';

export type Past = {
  readonly project: string;
  readonly environment: string;
  readonly rollouts: number;
  /** Copies what was kept of each rollout, too. */
  readonly evidence?: boolean;
};

/**
 * Writes past rollouts into a journal whose agent is not running: copies of the last one, the retiring after it
 * included, so that the journal ends with what really runs. Answers how many events a rollout has.
 */
export async function addPast(state: StateFolder, past: Past): Promise<number> {
  const stores = await openStores(state, systemClock);
  try {
    return await copyLast(stores, past);
  } finally {
    await stores.close();
  }
}

async function copyLast(stores: Stores, { project, environment, rollouts, evidence }: Past): Promise<number> {
  const stream = streamOf({ project, service: '', environment, host: 'local' });
  const all = await stores.journal.read(stream);
  const last = all.slice(all.findLastIndex((event) => event.e === 'planned'));
  const lease = await stores.leases.claim(stream, 'bench', 60_000);
  let seq = all.length;
  for (let n = 0; n < rollouts; n++) {
    const copied = renamed(last, n);
    const events = evidence ? await withEvidence(stores, copied) : copied;
    seq = await stores.journal.append(stream, seq, lease.fence, events);
  }
  await lease.release();
  return last.length;
}

/** The same rollout under another name; keys of intents begin with it. */
function renamed(events: readonly Event[], n: number): Event[] {
  const [first] = events;
  if (first?.e !== 'planned') throw new TypeError('a rollout begins with its plan');
  return JSON.parse(JSON.stringify(events).replaceAll(first.spec.id, `${first.spec.id}-${n}`)) as Event[];
}

async function withEvidence(stores: Stores, events: readonly Event[]): Promise<Event[]> {
  const [first] = events;
  if (first?.e !== 'planned') throw new TypeError('a rollout begins with its plan');
  const { target } = first.spec;
  const copy = async (ref: string): Promise<string> => {
    const found = await stores.evidence.get(ref);
    return found ? await stores.evidence.put(target, found.evidence) : ref;
  };
  const copies = events.map(async (event): Promise<Event> => {
    if (event.e !== 'settled') return event;
    const evidence = await Promise.all(event.outcome.evidence.map(copy));
    return { ...event, outcome: { ...event.outcome, evidence } };
  });
  return await Promise.all(copies);
}
