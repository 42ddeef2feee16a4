import { type Split, servingSlots } from '../../../packages/gonogo/src/domain/split.ts';
import type { SimulatedRouter } from './router.ts';
import type { Instance } from './runtime.ts';

/** What a user met: an instance, or the front's own 503. */
export type Answer = Instance | 'nobody';

/** Somebody asks through the front, now and again and again. */
export class Users {
  readonly #router: SimulatedRouter;
  asked = 0;
  wrong = 0;

  constructor(router: SimulatedRouter) {
    this.#router = router;
  }

  ask(): Answer {
    const n = this.asked++;
    const candidates = this.#candidates(n);
    const instance = choose(candidates, n);
    if (!instance) return 'nobody';
    if (instance.health !== 'well') this.wrong++;
    return instance;
  }

  #candidates(n: number): readonly Instance[] {
    const { served, members } = this.#router;
    if (served === 'nobody') return [];
    if (served === 'by-instances') return [...members.blue, ...members.green];
    return members[slotFor(served, n)];
  }
}

function slotFor(split: Exclude<Split, string>, n: number): 'blue' | 'green' {
  const [first, second] = servingSlots(split);
  if (!second) return first ?? 'blue';
  return (n * 37) % 100 < (split.blue ?? 0) ? 'blue' : 'green';
}

/** One after the other, but nobody who was ejected while there is somebody who was not. */
function choose(members: readonly Instance[], n: number): Instance | undefined {
  for (let i = 0; i < members.length; i++) {
    const instance = members[(n + i) % members.length];
    if (instance && !instance.ejected) return instance;
  }
  return members[n % members.length];
}
