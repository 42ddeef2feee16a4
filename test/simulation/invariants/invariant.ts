import type { Event, Intent } from '../../../packages/gonogo/src/domain/event.ts';
import type { SlotName } from '../../../packages/gonogo/src/domain/slot.ts';
import type { Split } from '../../../packages/gonogo/src/domain/split.ts';
import type { State } from '../../../packages/gonogo/src/domain/state.ts';
import type { Call } from '../performers/call.ts';
import type { Instance, Pool } from '../world/runtime.ts';
import type { Answer } from '../world/users.ts';
import type { World } from '../world/world.ts';

type Place = { readonly slot: SlotName; readonly role: string };

/** A performer's change of the world, judged just before it happens. */
export type Touch = { readonly call: Call } & (
  | (Place & { readonly what: 'start'; readonly limit: number })
  | (Place & { readonly what: 'members'; readonly left: number })
  | (Place & { readonly what: 'stop'; readonly instances: readonly Instance[] })
  | (Place & { readonly what: 'gone'; readonly pool: Pool })
  | { readonly what: 'migrate' | 'undo'; readonly slot: SlotName; readonly repeatable: boolean }
  | { readonly what: 'shift'; readonly to: Split }
);

/** Somebody who acts: an agent, by its name and the epoch of the lease it acts under. */
export type Actor = { readonly agent: string; readonly fence: number };

export type Seen = {
  readonly world: World;
  /** How often each key has started an instance or moved users. */
  readonly starts: Map<string, number>;
  readonly shifts: Map<string, number>;
  /** What users met when the running rollout was planned. */
  answeringAtPlan: string | undefined;
  /** The running rollout closes the front while it works. */
  closes: boolean;
  /** The newest lease under which the world was looked at or touched. */
  newestFence: number;
};

/** What is wrong, if anything is. */
export type Wrong = string | undefined;

/** Something that holds after everything that happens. Each hook names what could break it. */
export type Invariant = {
  readonly name: string;
  /** After an event was appended; `before` is the state without it. */
  readonly journalled?: (seen: Seen, event: Event, before: State) => Wrong;
  /** Just before events are appended. */
  readonly appending?: (seen: Seen, actor: Actor) => Wrong;
  /** When the engine asks for work to be begun. */
  readonly asked?: (seen: Seen, intent: Intent) => Wrong;
  /** When work is handed to a performer, the lease verified. */
  readonly begun?: (seen: Seen, intent: Intent, actor: Actor) => Wrong;
  readonly touched?: (seen: Seen, touch: Touch) => Wrong;
  readonly answered?: (seen: Seen, answer: Answer) => Wrong;
  readonly always?: (seen: Seen) => Wrong;
};
