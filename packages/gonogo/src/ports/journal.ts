import type { Event, Placed, RolloutSpec } from '../domain/event.ts';
import type { Instant } from '../domain/units.ts';
import type { Fence } from './leases.ts';

/** Position in a stream: the number of events before it. An empty stream is at 0. */
export type Seq = number;

/** What the events of a stream before `seq` fold into, so that opening it need not read them. Never the truth itself. */
export type Snapshot = {
  readonly seq: Seq;
  /** Of the snapshot's form; one of another version cannot be read. */
  readonly version: number;
  readonly state: string;
};

/** What happened, one stream per environment. Appending is durable when it resolves. */
export interface Journal {
  /** Appends in one transaction; fails with JOURNAL_MOVED unless the stream is at `after` and `fence` is current. */
  append(stream: string, after: Seq, fence: Fence, events: readonly Event[]): Promise<Seq>;
  /** The events of a stream in order, those from position `from` (default 0) onwards. */
  read(stream: string, from?: Seq): Promise<Event[]>;
  streams(): Promise<string[]>;
  /** The snapshot of a stream if there is one of this version that is whole and not ahead of the stream. */
  snapshot(stream: string, version: number): Promise<Snapshot | undefined>;
  /** Keeps this one instead of an earlier one. Losing it costs time and nothing else. */
  keepSnapshot(stream: string, snapshot: Snapshot): Promise<void>;
}

/** What a list says of how a rollout began: ten thousand of them are read at once. */
export type ListedSpec = Pick<RolloutSpec, 'id' | 'kind'> & {
  readonly target: Pick<RolloutSpec['target'], 'service' | 'environment'>;
  readonly settings: Pick<RolloutSpec['settings'], 'strategy'>;
  readonly next: Pick<Placed, 'revision' | 'releaseDigest'>;
  readonly previous?: Pick<Placed, 'releaseDigest'>;
};

/** What a list of rollouts needs of one: how it began, whether it turned back, and how it ended. */
export type Milestone =
  | { readonly e: 'planned'; readonly at: Instant; readonly spec: ListedSpec }
  | Extract<Event, { e: 'turned-back' | 'ended' }>;

/** Answers about rollouts without reading whole streams. */
export interface RolloutIndex {
  /** Every event from a rollout's `planned` up to the next `planned` of its stream; empty when there is no such rollout. */
  rolloutEvents(id: string): Promise<Event[]>;
  /** The milestones of the newest `limit` rollouts of a stream, newest event first. */
  plannedAndEnded(stream: string, limit: number): Promise<Milestone[]>;
}
