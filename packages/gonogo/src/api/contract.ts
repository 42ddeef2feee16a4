import type { CheckResult } from '../domain/check.ts';
import type { Address, StrategyName } from '../domain/environment.ts';
import type { Ending, Event, RolloutSpec } from '../domain/event.ts';
import type { Otherwise, ProvenBy } from '../domain/plan.ts';
import type { Artifact, Release } from '../domain/release.ts';
import type { ReleaseRecord } from '../domain/release-record.ts';
import type { ScaleStatus } from '../domain/scaling.ts';
import type { SlotName } from '../domain/slot.ts';
import type { Split } from '../domain/split.ts';
import type { Instant, Millis } from '../domain/units.ts';
import type { Decision } from '../domain/verdict.ts';
import type {
  AbortInput,
  ApproveInput,
  DeployInput,
  HistoryInput,
  LogsInput,
  RecordReleaseInput,
  ReleaseInput,
  ReleasesInput,
  RollbackInput,
  StatusInput,
  StopInput,
  VerifyInput,
} from '../wire/api.ts';

/** The range of protocols this build speaks; `hello` finds a common one. */
export const protocol = { min: 2, max: 2 } as const;

export type Hello = {
  readonly protocol: { readonly min: number; readonly max: number };
  readonly version: string;
  readonly pid: number;
  readonly root: string;
  /** Rollouts that are running; an agent without one may be replaced by another version of itself. */
  readonly rollouts: number;
  /** Why it can store nothing any more. It looks after what runs until the next command replaces it. */
  readonly broken?: string;
};

/** What the agent takes on this machine: resident memory in bytes. */
export type Processes = {
  readonly agent: {
    readonly pid: number;
    readonly version: string;
    readonly rss: number;
    readonly root: string;
  };
  readonly proxies: readonly {
    readonly pid: number;
    readonly rss: number;
    readonly listen: readonly string[];
  }[];
  readonly instances: number;
};

export type InstanceStatus = {
  readonly id: string;
  readonly address: Address;
  readonly state: 'running' | 'ended';
  readonly pid?: number;
  readonly since: Instant;
  /** What its probes say; absent while a rollout has its pool in hand. `adopted`: not asked since the agent began. */
  readonly condition?: 'adopted' | 'starting' | 'unready' | 'ready' | 'failed' | 'ended';
  /** Of one that ended or failed: how, how often in a row, and when another is started in its place. */
  readonly ending?: { readonly how: string; readonly times: number; readonly again: Instant };
};

export type SlotStatus = {
  readonly slot: SlotName;
  readonly revision: string;
  /** `shop@9f3c2a1` */
  readonly release: string;
  readonly role: 'live' | 'warm' | 'next';
  /** `web`, or the name of a role that takes no traffic. */
  readonly pool: string;
  /** Until when a warm slot is kept. */
  readonly until?: Instant;
  readonly instances: readonly InstanceStatus[];
  readonly restarts: number;
  /** Of a pool whose load decides how large it is: its range, and what is known of its load. */
  readonly scaling?: ScaleStatus;
  /** Why it serves users though none of its instances is ready. */
  readonly failsOpen?: string;
};

export type LeaseStatus = {
  readonly owner: string;
  /** How long it is held. */
  readonly age: Millis;
  /** How long ago its owner was heard of last. */
  readonly renewed: Millis;
};

export type EnvironmentStatus = {
  readonly project: string;
  readonly service: string;
  readonly environment: string;
  readonly front?: Address;
  readonly split: Split;
  readonly slots: readonly SlotStatus[];
  /** The newest proven revision. */
  readonly proven?: string;
  readonly rollout?: RolloutSummary;
  readonly lease?: LeaseStatus;
};

export type StepSummary = {
  readonly id: string;
  readonly name: string;
  readonly state: 'waiting' | 'running' | 'ok' | 'failed' | 'unknown' | 'undoing' | 'undone';
  readonly ms?: Millis;
  readonly why?: string;
};

export type RolloutSummary = {
  readonly id: string;
  readonly environment: string;
  readonly kind: RolloutSpec['kind'];
  readonly strategy: StrategyName;
  readonly release: string;
  readonly revision: string;
  /** The release that served before, `shop@41bd07e`. */
  readonly previous?: string;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly ending?: Ending;
  readonly verdict?: Decision;
  readonly why?: string;
  /** The step that decided a NO-GO. */
  readonly failedStep?: string;
  /** The gate it waits at, and until when somebody may answer. */
  readonly waiting?: { readonly step: string; readonly until: Instant; readonly otherwise: Otherwise };
  /** What proved a release that is live: `checks` where there was too little traffic to judge by. */
  readonly provenBy?: ProvenBy;
  readonly steps: readonly StepSummary[];
};

/** One piece of evidence, and when it was kept; `from` where the facts were asked: `this host`. A check says it itself. */
export type EvidenceView = {
  readonly ref: string;
  /** The step's id; `retire` for what was kept when the old slot was stopped later. */
  readonly step: string;
  /** What was done to put the step back, where it is evidence of that: `stop green`. */
  readonly undo?: string;
  readonly at: Instant;
  readonly checks?: readonly CheckResult[];
  readonly log?: readonly string[];
  readonly facts?: Readonly<Record<string, string | number>>;
  readonly from?: string;
};

/** A NO-GO explained: what failed, what that means, where it works. */
export type Finding = {
  readonly what: string;
  readonly saw: string;
  readonly from: string;
  /** `staging reaches it in 2 ms (checked 14 minutes ago)` */
  readonly elsewhere?: string;
  readonly hint?: string;
};

export type RolloutDetail = RolloutSummary & {
  readonly front?: Address;
  /** From the call of `commit` to the data plane's acknowledgement, for each flip. */
  readonly flips: readonly { readonly ms: Millis }[];
  readonly findings: readonly Finding[];
  readonly evidence: readonly EvidenceView[];
  readonly events: readonly Event[];
};

/** What following a rollout yields, a JSON object a line; the last one carries the whole rollout. */
export type Progress =
  | { readonly event: Event }
  | { readonly check: CheckResult; readonly step: string }
  | { readonly rollout: RolloutDetail };

export type LogLineView = { readonly instance: string; readonly slot: SlotName; readonly text: string };

/** What a deploy would do, step by step, if it were started now. */
export type PlanView = {
  /** Names this plan in this world; `deploy` with it is refused when either is another. */
  readonly id: string;
  readonly release: string;
  readonly environment: string;
  readonly strategy: StrategyName;
  readonly front: Address;
  /** What serves now. */
  readonly previous?: string;
  /** How long that stays warm afterwards, before it is stopped; absent where a step has stopped it. */
  readonly keep?: Millis;
  readonly steps: readonly {
    readonly id: string;
    readonly name: string;
    /** `run 2 in green` */
    readonly does: string;
    /** What is done when the rollout turns back after it, in this order. */
    readonly undo: readonly string[];
  }[];
};

/** A release, where it came from, and where it stands. */
export type ReleaseView = Omit<ReleaseRecord, 'release' | 'needs' | 'keep'> & {
  /** `shop@9f3c2a1` */
  readonly release: string;
  readonly digest: string;
  readonly artifact: Artifact;
  /** The environments in which it serves, or is kept warm. */
  readonly live: readonly string[];
  readonly warm: readonly string[];
  readonly proven: readonly { readonly environment: string; readonly at: Instant }[];
  /** False when its files were found changed, or were removed. */
  readonly here: boolean;
};

export type VerifiedRelease = { readonly release: string; readonly intact: boolean; readonly why?: string };

/** Every operation of the API: its method, its path and what it takes. `server.ts` and `client.ts` follow this table. */
export const operations = {
  /** Costs the agent nothing: one that does not answer hangs, and a command that waited for it would hang too. */
  hello: { method: 'GET', path: '/v1/hello', within: 10_000 },
  deploy: { method: 'POST', path: '/v1/deploy' },
  plan: { method: 'POST', path: '/v1/plan' },
  rollback: { method: 'POST', path: '/v1/rollback' },
  approve: { method: 'POST', path: '/v1/approve' },
  abort: { method: 'POST', path: '/v1/abort' },
  status: { method: 'POST', path: '/v1/status' },
  history: { method: 'POST', path: '/v1/history' },
  rollout: { method: 'POST', path: '/v1/rollout' },
  recordRelease: { method: 'POST', path: '/v1/releases/record' },
  release: { method: 'POST', path: '/v1/release' },
  releases: { method: 'POST', path: '/v1/releases' },
  releasePackages: { method: 'POST', path: '/v1/releases/packages' },
  verifyReleases: { method: 'POST', path: '/v1/releases/verify' },
  processes: { method: 'GET', path: '/v1/processes' },
  stop: { method: 'POST', path: '/v1/stop' },
} as const;

/** Operations that stream: an upload, or JSON lines coming back. */
export const streams = {
  hasArtifact: { method: 'GET', path: '/v1/artifacts/:digest' },
  lackingContents: { method: 'POST', path: '/v1/artifacts/:digest/lacking' },
  putArtifact: { method: 'PUT', path: '/v1/artifacts/:digest' },
  hasImage: { method: 'GET', path: '/v1/images/:digest' },
  putImage: { method: 'PUT', path: '/v1/images/:digest' },
  follow: { method: 'GET', path: '/v1/rollouts/:id/progress' },
  logs: { method: 'POST', path: '/v1/logs' },
} as const;

export type Operation = keyof typeof operations;

/** What each operation takes (checked by `wire/api.ts`) and answers. */
export type Api = {
  hello(): Promise<Hello>;
  /** `gone` aborts when whoever asked does not wait any more: what has not begun by then is not begun. */
  deploy(input: DeployInput, gone?: AbortSignal): Promise<{ rollout: string }>;
  /** Changes nothing, and needs no artifact. */
  plan(input: DeployInput): Promise<PlanView>;
  /** With `left` it ended the rollout that waited with users, which takes them back, instead of starting another. */
  rollback(input: RollbackInput, gone?: AbortSignal): Promise<{ rollout: string; left?: boolean }>;
  /** Opens the gate at which the running rollout waits. */
  approve(input: ApproveInput): Promise<{ rollout: string }>;
  abort(input: AbortInput): Promise<{ rollout: string }>;
  status(input: StatusInput): Promise<EnvironmentStatus[]>;
  history(input: HistoryInput): Promise<RolloutSummary[]>;
  rollout(input: { id: string }): Promise<RolloutDetail>;
  /** Remembers a release that was built, once its artifact is here. */
  recordRelease(input: RecordReleaseInput): Promise<{ release: string }>;
  release(input: ReleaseInput): Promise<{ release: Release; record?: ReleaseRecord }>;
  /** Newest first. */
  releases(input: ReleasesInput): Promise<ReleaseView[]>;
  /** The list of a release's packages as CycloneDX, in JSON; empty when none is known. */
  releasePackages(input: ReleaseInput): Promise<{ packages: string }>;
  /** Reads every byte of these releases, or of all. */
  verifyReleases(input: VerifyInput): Promise<VerifiedRelease[]>;
  processes(): Promise<Processes>;
  /** Answers how many instances and proxies were stopped with the agent (0 unless `all`). */
  stop(input: StopInput): Promise<{ stopped: number }>;
};

export type StreamingApi = {
  hasArtifact(digest: string): Promise<boolean>;
  /** The contents of a bundle that the host lacks, by its index; `putArtifact` is sent those. */
  lackingContents(digest: string, index: string): Promise<readonly string[]>;
  putArtifact(digest: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** Whether the engine of the host has the image of this id. */
  hasImage(digest: string): Promise<boolean>;
  /** Sends what `docker save` writes of it. */
  putImage(digest: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  follow(rollout: string, signal: AbortSignal): AsyncIterable<Progress>;
  logs(input: LogsInput, signal: AbortSignal): AsyncIterable<LogLineView>;
};

/** What every failed call answers, with status 4xx or 5xx. */
export type ApiError = {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exit: number;
};
