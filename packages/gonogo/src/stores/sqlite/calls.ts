import type { ProblemTold } from '../../errors.ts';
import type { Fence, LeaseInfo } from '../../ports/leases.ts';

/** One event as it is stored: the worker need not know more of it. */
export type StoredEvent = {
  /** The kind. */
  readonly e: string;
  readonly json: string;
  /** The rollout that begins with this event. */
  readonly begins?: string;
  /** What lists of rollouts show of it. */
  readonly milestone?: string;
};

/** A lease's record, with the counter by which others see that it is renewed. */
export type LeaseRecord = LeaseInfo & { readonly renewals: number; readonly ttl: number };

/** Exactly the record somebody looked at: a claim that takes it over fails if it changed since. */
export type Seen = { readonly fence: Fence; readonly renewals: number };

/** The newest result of one check. */
export type CheckRow = {
  readonly project: string;
  readonly service: string;
  readonly environment: string;
  readonly host: string;
  readonly name: string;
  readonly at: number;
  readonly json: string;
};

/** Everything the worker does, by name; JSON stays text there, so that only who needs it pays for parsing. */
export type Calls = {
  append(i: { stream: string; after: number; fence: Fence; events: readonly StoredEvent[] }): number;
  /** A JSON array. */
  read(i: { stream: string; from: number }): string;
  rolloutEvents(i: { id: string }): string;
  milestones(i: { stream: string; limit: number }): string;
  streams(i: Record<never, never>): string[];
  snapshot(i: { stream: string; version: string }): { seq: number; state: string } | undefined;
  keepSnapshot(i: { stream: string; version: string; seq: number; state: string }): void;
  /** The new fence, or the record of who holds it. */
  claim(i: {
    stream: string;
    owner: string;
    ttl: number;
    at: number;
    over?: Seen;
  }): { fence: Fence } | LeaseRecord;
  renew(i: { stream: string; fence: Fence; at: number }): void;
  release(i: { stream: string; fence: Fence }): void;
  holder(i: { stream: string }): LeaseRecord | undefined;
  putRevision(i: { id: string; json: string }): void;
  openRevision(i: { id: string }): string | undefined;
  putRelease(i: { project: string; digest: string; at: number; json: string; packages: string }): void;
  findRelease(i: { project: string; digest: string }): string | undefined;
  /** A JSON array. */
  listReleases(i: { project?: string }): string;
  releasePackages(i: { project: string; digest: string }): string | undefined;
  forgetRelease(i: { project: string; digest: string }): void;
  putEvidence(i: { at: number; json: string; checks: readonly CheckRow[] }): string;
  getEvidence(i: { ref: string }): { at: number; json: string } | undefined;
  elsewhere(i: { project: string; service: string; environment: string; name: string }): CheckRow[];
  close(i: Record<never, never>): void;
};

export type CallName = keyof Calls;
export type CallInput<K extends CallName> = Parameters<Calls[K]>[0];
export type CallResult<K extends CallName> = ReturnType<Calls[K]>;

export type Request = { readonly id: number; readonly do: CallName; readonly with: unknown };

/** A problem as it crosses the thread boundary, with its facts and its cause in words. */
export type SentProblem = ProblemTold & { readonly facts: object; readonly cause?: string };

export type Answer =
  | { readonly id: number; readonly ok: unknown }
  | { readonly id: number; readonly problem: SentProblem };

/** What the worker is started with. */
export type WorkerPaths = { readonly journal: string; readonly telemetry: string };
