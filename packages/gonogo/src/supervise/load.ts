import type { Reading } from '../domain/scaling.ts';
import type { Millis } from '../domain/units.ts';
import type { InstanceId } from '../ports/runtime.ts';
import { carries, presentIn, readingsOf, type Scaled } from './scale.ts';
import type { Supervision } from './supervision.ts';

/** How often requests in flight are counted in one period; a single look would see a burst or a gap. */
const looks = 15;

/**
 * Measures the load of a pool over one period and answers at its end: one reading for each place. Rejects when nothing
 * could be measured.
 */
export const measure = (supervision: Supervision, scaled: Scaled): Promise<Reading[]> =>
  scaled.scaling.by === 'cpu' ? processorShares(supervision, scaled) : inFlight(supervision, scaled);

/** Each instance's share of what it may use; of one that was not ready all the time nothing is known. */
async function processorShares(supervision: Supervision, scaled: Scaled): Promise<Reading[]> {
  const { tools, signal } = supervision;
  const { wanted } = scaled;
  const ready = presentIn(supervision, wanted).filter(carries);
  const before = await timesOf(supervision, scaled);
  await tools.clock.sleep(tools.scaleEvery, signal);
  const after = await timesOf(supervision, scaled);
  const may = (wanted.spec.manifest.run.cpus ?? 1) * (after.at - before.at);
  const shares = new Map(
    ready.map(({ id }) => [id, shareOf(before.times.get(id), after.times.get(id), may)]),
  );
  const stayed = presentIn(supervision, wanted).filter((one) => carries(one) && shares.has(one.id));
  if (stayed.length > 0 && stayed.every(({ id }) => shares.get(id) === undefined))
    throw new Error('the processor time of its instances cannot be read');
  return readingsOf(supervision, scaled, ({ id }) => shares.get(id) ?? 'unknown');
}

type Times = { readonly at: Millis; readonly times: ReadonlyMap<InstanceId, Millis> };

async function timesOf({ tools }: Supervision, { wanted }: Scaled): Promise<Times> {
  const times = await tools.runtime.processorTimes(wanted.spec.pool);
  return { at: tools.clock.mono(), times };
}

/** Time that is less than before was taken along by a process that ended unseen: nothing is known then. */
function shareOf(before: Millis | undefined, after: Millis | undefined, may: Millis): number | undefined {
  if (before === undefined || after === undefined || after < before || may <= 0) return undefined;
  return (after - before) / may;
}

/** The router spreads requests over all that are ready, so each carries an equal part of the mean. */
async function inFlight(supervision: Supervision, scaled: Scaled): Promise<Reading[]> {
  const { tools, signal } = supervision;
  const { wanted } = scaled;
  let sum = 0;
  for (let look = 0; look < looks; look++) {
    await tools.clock.sleep(tools.scaleEvery / looks, signal);
    for (const { inFlight } of await tools.router.counters(wanted.slot)) sum += inFlight;
  }
  const ready = presentIn(supervision, wanted).filter(carries).length;
  return readingsOf(supervision, scaled, () => sum / looks / Math.max(1, ready));
}
