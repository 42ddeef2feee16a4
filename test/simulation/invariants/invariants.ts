import type { Event, Intent } from '../../../packages/gonogo/src/domain/event.ts';
import { type Move, type Plan, stepsOf } from '../../../packages/gonogo/src/domain/plan.ts';
import type { State } from '../../../packages/gonogo/src/domain/state.ts';
import type { Answer } from '../world/users.ts';
import type { World } from '../world/world.ts';
import { database } from './database.ts';
import { endings } from './endings.ts';
import type { Actor, Invariant, Seen, Touch, Wrong } from './invariant.ts';
import { leases } from './leases.ts';
import { once } from './once.ts';
import { order } from './order.ts';
import { records } from './records.ts';
import { traffic } from './traffic.ts';
import { workers } from './workers.ts';

/** Every invariant, each in the file of what it is about. */
const invariants: readonly Invariant[] = [
  ...traffic,
  ...order,
  ...endings,
  ...once,
  ...database,
  ...workers,
  ...leases,
  ...records,
];

/** The one that is broken by a run that never comes to rest. */
const everyRolloutEnds = 'every rollout ends';

export type Violation = { readonly invariant: string; readonly what: string };

const having = <H extends keyof Invariant>(hook: H): [string, NonNullable<Invariant[H]>][] =>
  invariants.flatMap((one) => {
    const check = one[hook];
    return check === undefined ? [] : [[one.name, check]];
  });

const on = {
  journalled: having('journalled'),
  appending: having('appending'),
  asked: having('asked'),
  begun: having('begun'),
  touched: having('touched'),
  answered: having('answered'),
  always: having('always'),
};

const isClosing = ({ shift }: Move): boolean => shift.to === 'nobody';

/** Judges a run as it goes: each invariant at each event that could break it. Remembers the first that was broken. */
export class Invariants {
  violation: Violation | undefined;
  readonly #seen: Seen;
  readonly #tell: ((touch: Touch) => void) | undefined;

  /** `tell` hears of every change of the world, just before it happens. */
  constructor(world: World, tell?: (touch: Touch) => void) {
    this.#tell = tell;
    this.#seen = {
      world,
      starts: new Map(),
      shifts: new Map(),
      answeringAtPlan: undefined,
      closes: false,
      newestFence: 0,
    };
  }

  journalled(event: Event, before: State): void {
    if (event.e === 'planned') this.#plannedNow(event.plan);
    for (const [name, check] of on.journalled) this.#note(name, check(this.#seen, event, before));
  }

  appending(actor: Actor): void {
    for (const [name, check] of on.appending) this.#note(name, check(this.#seen, actor));
  }

  #plannedNow(plan: Plan): void {
    this.#seen.answeringAtPlan = this.#seen.world.answering();
    this.#seen.closes = stepsOf(plan).some(({ work }) => work.do === 'flip' && work.moves.some(isClosing));
  }

  asked(intent: Intent): void {
    for (const [name, check] of on.asked) this.#note(name, check(this.#seen, intent));
  }

  begun(intent: Intent, actor: Actor): void {
    for (const [name, check] of on.begun) this.#note(name, check(this.#seen, intent, actor));
  }

  /** Somebody has looked at the world, and goes by what was there. */
  looked(actor: Actor): void {
    this.#seen.newestFence = Math.max(this.#seen.newestFence, actor.fence);
  }

  touched(touch: Touch): void {
    this.#tell?.(touch);
    for (const [name, check] of on.touched) this.#note(name, check(this.#seen, touch));
    this.looked(touch.call);
  }

  answered(answer: Answer): void {
    for (const [name, check] of on.answered) this.#note(name, check(this.#seen, answer));
  }

  /** After everything that happens, whatever it was. */
  always(): void {
    for (const [name, check] of on.always) this.#note(name, check(this.#seen));
  }

  neverEnded(what: string): void {
    this.#note(everyRolloutEnds, what);
  }

  #note(invariant: string, what: Wrong): void {
    if (what !== undefined) this.violation ??= { invariant, what };
  }
}
