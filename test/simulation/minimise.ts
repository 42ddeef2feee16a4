import type { Decisions } from './schedule.ts';
import { type Observed, observe, replay } from './simulate.ts';
import type { Subject } from './subject.ts';

/** How many shortened lives may be tried for one violation. */
const budget = 3_000;

/**
 * The shortest life found that breaks the same invariant as the one of this seed: steps of the schedule are taken out
 * in smaller and smaller chunks, and then single decisions are made the dull way. Its trace is never the longer one.
 */
export function minimise(seed: number, planted: Partial<Subject> = {}): Observed {
  const whole = observe(seed, planted);
  const { violation } = whole;
  if (!violation) return whole;
  let tries = 0;
  let { length } = whole.trace;
  const breaks = (decisions: Decisions): boolean => {
    tries++;
    const { violation: broken, trace } = replay(decisions, planted);
    if (broken?.invariant !== violation.invariant || trace.length > length) return false;
    length = trace.length;
    return true;
  };
  const isSpent = (): boolean => tries >= budget;
  let best: Decisions = whole.decisions;
  for (let before = -1; before !== sizeOf(best) && !isSpent(); ) {
    before = sizeOf(best);
    best = withoutSteps(best, breaks, isSpent);
    best = withDullDecisions(best, breaks, isSpent);
  }
  return replay(best, planted);
}

type Breaks = (decisions: Decisions) => boolean;

function withoutSteps(decisions: Decisions, breaks: Breaks, isSpent: () => boolean): Decisions {
  let best = decisions;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length && !isSpent(); ) {
      const shorter = best.toSpliced(at, size);
      if (breaks(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}

function withDullDecisions(decisions: Decisions, breaks: Breaks, isSpent: () => boolean): Decisions {
  let best = decisions;
  for (let at = 0; at < best.length && !isSpent(); at++) {
    const step = best[at];
    if (!step || step.length === 0) continue;
    const dull = best.with(at, []);
    if (breaks(dull)) best = dull;
  }
  return best;
}

/** What there is left to take out: steps, and decisions that are not the dull ones. */
const sizeOf = (decisions: Decisions): number => decisions.reduce((sum, step) => sum + 1 + step.length, 0);
