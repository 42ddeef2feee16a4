import type { Move } from '../domain/plan.ts';
import type { HoldBounds } from '../ports/router.ts';
import type { Tools } from './tools.ts';

/** Longer than most instances take to stop and start, and shorter than browsers and balancers wait. */
const usual: HoldBounds = { within: 30_000, atMost: 1000 };

/** Before nobody serves for a while: whoever comes waits, instead of being refused, until the bounds are over. */
export async function holdUsers({ router }: Pick<Tools, 'router'>, moves: readonly Move[]): Promise<void> {
  for (const { holds, shift, proxy } of moves) {
    if (holds && router.can.hold) await router.hold(shift.target, { ...usual, ...proxy?.hold });
  }
}

/** Once somebody serves again, those who wait go there. Safe to repeat, and where nobody waits. */
export async function releaseUsers({ router }: Pick<Tools, 'router'>, moves: readonly Move[]): Promise<void> {
  for (const { shift } of moves)
    if (router.can.hold && shift.from === 'nobody' && shift.to !== 'nobody')
      await router.release(shift.target);
}
