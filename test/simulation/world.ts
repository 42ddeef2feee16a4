import type { Intent, Placed } from '../../packages/gonogo/src/domain/event.ts';
import type { Outcome, Work, WorkOf } from '../../packages/gonogo/src/domain/plan.ts';
import type { SlotName } from '../../packages/gonogo/src/domain/slot.ts';
import { all, type Split, sameSplit, servingSlots } from '../../packages/gonogo/src/domain/split.ts';
import type { Random } from './random.ts';

/** What stands in a slot of the simulated machine. */
export type Standing = { revision: string; count: number; ready: boolean };

/** How one effect goes wrong; `none` is how it goes right. */
export const faults = ['none', 'fails', 'fails-half-done', 'lost-answer', 'done-but-lost'] as const;
export type Fault = (typeof faults)[number];

/** The simulated runtime, router and application: everything outside the engine. */
export class World {
  readonly slots: Record<SlotName, Standing | undefined> = { blue: undefined, green: undefined };
  split: Split = 'nobody';
  /** Revisions that fail under traffic, as a bad release does. */
  readonly bad = new Set<string>();

  /** Carries out work, or what a fault leaves of it. */
  perform(work: Work, fault: Fault): Outcome {
    if (fault === 'fails') return failed;
    if (fault === 'lost-answer') return lost;
    const outcome = this.#do(work, fault === 'fails-half-done');
    if (fault === 'fails-half-done') return failed;
    return fault === 'done-but-lost' ? lost : outcome;
  }

  /** What one sees of work after a crash. */
  look({ work }: Intent): Outcome | 'not-begun' {
    if (work.do === 'scale')
      return (this.slots[work.pool.slot]?.count ?? 0) === work.count ? ok : 'not-begun';
    if (work.do !== 'flip') return 'not-begun';
    const [move] = work.moves;
    if (!move) return ok;
    if (sameSplit(this.split, move.shift.to)) return ok;
    return sameSplit(this.split, move.shift.from) ? 'not-begun' : lost;
  }

  /** Which revision answers a user now; undefined when nobody does. */
  answering(): string | undefined {
    const [slot] = servingSlots(this.split);
    const standing = slot && this.slots[slot];
    return standing?.ready && standing.count > 0 ? standing.revision : undefined;
  }

  /** What the person does who was paged because a rollout is stuck: puts back what served. */
  repair(live: Placed | undefined): void {
    this.slots.blue = undefined;
    this.slots.green = undefined;
    if (live) this.slots[live.slot] = { revision: live.revision, count: 2, ready: true };
    this.split = live ? all(live.slot) : 'nobody';
  }

  #do(work: Work, half: boolean): Outcome {
    switch (work.do) {
      case 'check':
      case 'job':
      case 'ask':
        return ok;
      case 'scale':
        return this.#scale(work, half);
      case 'ready': {
        const standing = this.slots[work.pool.slot];
        if (!standing || standing.count === 0 || half) return failed;
        standing.ready = true;
        return ok;
      }
      case 'flip':
        return this.#flip(work, half);
      case 'watch':
        return this.bad.has(work.revision) ? failed : ok;
    }
  }

  #scale({ pool, revision, count }: WorkOf<'scale'>, half: boolean): Outcome {
    if (count === 0 && half && this.slots[pool.slot])
      this.slots[pool.slot] = { revision, count: 1, ready: false };
    else if (count === 0) this.slots[pool.slot] = undefined;
    else this.slots[pool.slot] = { revision, count: half ? 1 : count, ready: false };
    return ok;
  }

  #flip({ moves }: WorkOf<'flip'>, half: boolean): Outcome {
    for (const { shift, pools } of moves) {
      if (sameSplit(this.split, shift.to)) return ok;
      if (!sameSplit(this.split, shift.from)) return failed;
      if (pools.some(({ pool }) => !this.slots[pool.slot]?.ready)) return failed;
      if (!half) this.split = shift.to;
    }
    return ok;
  }
}

const ok: Outcome = { is: 'ok', evidence: [] };
const failed: Outcome = { is: 'failed', why: 'the simulation says so', evidence: [] };
const lost: Outcome = { is: 'unknown', why: 'the answer was lost', evidence: [] };

/** Most effects go right: a run in which everything fails shows little. */
export const chooseFault = (random: Random, rate: number): Fault =>
  random.chance(rate) ? random.pick(faults) : 'none';
