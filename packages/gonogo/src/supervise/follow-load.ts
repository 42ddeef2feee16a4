import { describeLoad, judgeScale, meanLoad, type Reading, type ScaleStatus } from '../domain/scaling.ts';
import { poolKey, type SlotName } from '../domain/slot.ts';
import { messageOf } from '../errors.ts';
import { measure } from './load.ts';
import { grow, shrink } from './resize.ts';
import { begun, countOf, mayScale, nameOf, readingsOf, type Scaled, statusOf } from './scale.ts';
import { once, type Supervision } from './supervision.ts';

/** Sees to it that the load of every pool that may be scaled is measured and followed, one period after another. */
export function followLoad(supervision: Supervision): void {
  for (const scaled of scaledPools(supervision)) {
    const { wanted } = scaled;
    if (mayScale(supervision, wanted))
      once(supervision, `scaling ${poolKey(wanted.spec.pool)}`, () => followOnce(supervision, scaled));
  }
}

/** Lets one slot's pools follow their load. What was measured before a rest says nothing after it. */
export function restOrFollow(supervision: Supervision, slot: SlotName | undefined): void {
  if (supervision.scaling === slot) return;
  supervision.scaling = slot;
  for (const scale of supervision.scales.values()) Object.assign(scale, begun(supervision, scale.count));
}

/** The state of every pool whose load decides how large it is, by pool. */
export const scaleStatuses = (supervision: Supervision): ReadonlyMap<string, ScaleStatus> =>
  new Map(scaledPools(supervision).map((scaled) => [poolKey(scaled.wanted.spec.pool), statusOf(scaled)]));

function scaledPools(supervision: Supervision): Scaled[] {
  return [...supervision.wanted].flatMap(([key, wanted]) => {
    const { scaling } = wanted;
    if (!scaling || countOf(supervision, wanted) === undefined) return [];
    const scale = supervision.scales.get(key);
    return scale ? [{ wanted, scaling, scale }] : [];
  });
}

/** One period: what is measured over it is judged at its end. */
async function followOnce(supervision: Supervision, scaled: Scaled): Promise<void> {
  const { wanted, scaling, scale } = scaled;
  const readings = await readingsOrNone(supervision, scaled);
  // A rollout that began meanwhile has the environment to itself.
  if (!mayScale(supervision, wanted)) return;
  const at = supervision.tools.clock.mono();
  const { count, past } = judgeScale(scaling, { readings, past: scale.past, at });
  scale.past = past;
  scale.load = meanLoad(readings);
  const why = scale.load === undefined ? 'as configured' : describeLoad(scaling, scale.load);
  if (count > scale.count) return await grow(supervision, scaled, { to: count, why });
  scale.limit = undefined;
  await shrink(supervision, scaled, { to: count, why });
}

/** A load that cannot be measured changes nothing, and is said once however long it lasts. */
async function readingsOrNone(supervision: Supervision, scaled: Scaled): Promise<Reading[]> {
  const { tools, signal } = supervision;
  const { scale } = scaled;
  try {
    const readings = await measure(supervision, scaled);
    scale.isBlind = false;
    return readings;
  } catch (error) {
    signal.throwIfAborted();
    if (!scale.isBlind)
      tools.log.warn(`${nameOf(scaled)} keeps its size, its load cannot be measured: ${messageOf(error)}`);
    scale.isBlind = true;
    await tools.clock.sleep(tools.scaleEvery, signal);
    return readingsOf(supervision, scaled, () => 'unknown');
  }
}
