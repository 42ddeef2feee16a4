import type { Schedule } from './schedule.ts';

/** Everything that goes wrong around one piece of work. */
export const faults = [
  /** It fails before anything has happened. */
  'failed',
  /** It fails in the middle, and leaves half of it. */
  'half-done',
  /** It takes most of its time. */
  'slow',
  /** It never comes back: its deadline makes it unknown. */
  'hung',
  /** It is delivered a second time, and so is its answer. */
  'duplicated',
  /** It happens, and the answer is lost. */
  'lost-answer',
  /** The agent dies: journalled and not begun; begun and nothing done; in the middle; done and not answered. */
  'crash-unbegun',
  'crash-before',
  'crash-during',
  'crash-after',
  /** The wall clock is set to another time. */
  'clock-forward',
  'clock-back',
  /** What the rollout brings begins to fail. */
  'degraded',
  /** A second agent starts while this one works. */
  'second-agent',
  /** This agent stands still, a second one takes over, and this one comes back. */
  'takeover',
  /** Somebody else moves users. */
  'router-changed',
] as const;

export type Fault = (typeof faults)[number];

/** A fault, and at which point of the work it strikes; `end` when it is done. */
export type Strike = { readonly fault: Fault; readonly at: number };

/** What goes wrong around a gate, which nobody performs: `hung` is that nobody answers it, `duplicated` that two do. */
export const gateFaults: readonly Fault[] = [
  'hung',
  'duplicated',
  'crash-during',
  'clock-forward',
  'clock-back',
  'degraded',
  'second-agent',
  'takeover',
  'router-changed',
];

export const chooseGateFault = (schedule: Schedule, rate: number): Fault | undefined =>
  schedule.chance(rate) ? schedule.pick(gateFaults) : undefined;

/** How far into the work a fault can strike: points beyond its end are never reached. */
const points = 4;

/** Most work goes right: a run in which everything fails shows little. */
export function chooseStrike(schedule: Schedule, rate: number): Strike | undefined {
  if (!schedule.chance(rate)) return undefined;
  const fault = schedule.pick(faults);
  return { fault, at: pointOf(fault, schedule) };
}

function pointOf(fault: Fault, schedule: Schedule): number {
  switch (fault) {
    case 'failed':
    case 'crash-unbegun':
    case 'crash-before':
    case 'slow':
      return 0;
    case 'half-done':
    case 'crash-during':
      return 1 + schedule.below(points - 1);
    case 'duplicated':
    case 'lost-answer':
    case 'crash-after':
      return Number.POSITIVE_INFINITY;
    default:
      return schedule.below(points);
  }
}
