import type { Intent } from '../../../packages/gonogo/src/domain/event.ts';
import type { Outcome } from '../../../packages/gonogo/src/domain/plan.ts';
import type { Strike } from '../faults.ts';
import {
  type AnyPerformer,
  type Call,
  fenceOff,
  givenUp,
  leaseLost,
  type Pause,
  type Scene,
  unknown,
} from '../performers/call.ts';
import type { Agent } from './agent.ts';

/** How long work may go on after its deadline before it is left behind, in milliseconds. */
const giveUpWithin = 15_000;

/** One piece of work that is under way, from point to point; between two points anything may happen. */
export class Effect {
  readonly agent: Agent;
  readonly intent: Intent;
  readonly call: Call;
  readonly first: 'look' | 'perform';
  readonly kind: string;
  strike: Strike | undefined;
  /** How many points are behind it. */
  point = 0;
  /** When it goes on and when it must be over, by the monotonic clock. */
  wakeAt = 0;
  deadline = Number.POSITIVE_INFINITY;
  isVerified = false;
  /** What the first of two deliveries came to. */
  earlier: Outcome | undefined;
  #work: Generator<Pause, Outcome> | undefined;

  constructor(
    agent: Agent,
    intent: Intent,
    how: Pick<Effect, 'first' | 'kind' | 'strike'> & { since: number },
  ) {
    this.agent = agent;
    this.intent = intent;
    this.first = how.first;
    this.kind = how.kind;
    this.strike = how.strike;
    this.call = {
      key: intent.key,
      rollout: intent.rollout,
      step: intent.step,
      direction: intent.direction,
      agent: agent.name,
      since: how.since,
      fence: 0,
      cancelled: false,
    };
  }

  /** Goes on to the next point; answers the outcome when there is none left. */
  advance(scene: Scene, performer: AnyPerformer): Outcome | undefined {
    const { mono } = scene.world.clock;
    if (mono >= this.deadline) return unknown('it was not done in time');
    this.#work ??= this.#carryOut(scene, performer);
    const { done, value } = this.#work.next();
    this.point++;
    if (done) return value;
    this.wakeAt = value > 0 ? Math.min(mono + value, this.deadline) : mono;
    return undefined;
  }

  /** Does the work once more, as one does who has had no answer. */
  again(earlier: Outcome): void {
    this.#work = undefined;
    this.earlier = earlier;
  }

  /** It never comes back. */
  hang(): void {
    this.deadline += giveUpWithin;
    this.wakeAt = this.deadline;
  }

  /** It takes its time. */
  delay(ms: number): void {
    this.wakeAt = Math.max(this.deadline - this.intent.within, 0) + ms;
  }

  /** The lease was verified: from now on it may act, for as long as it has. */
  begin(now: number, fence: number): void {
    this.isVerified = true;
    this.call.fence = fence;
    this.deadline = now + this.intent.within;
    this.wakeAt = now;
  }

  *#carryOut(scene: Scene, performer: AnyPerformer): Generator<Pause, Outcome> {
    const { intent, call } = this;
    if (this.first === 'look') {
      if (!fenceOff(scene.world, call)) return leaseLost;
      scene.invariants.looked(call);
      const seen = performer.look(scene, intent.work, call);
      if (seen !== 'not-begun' && (seen.is !== 'unknown' || intent.redo === 'never')) return seen;
      yield 0;
    }
    if (call.cancelled) return givenUp;
    return yield* performer.perform(scene, intent.work, call);
  }
}
