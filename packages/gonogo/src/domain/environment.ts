import type { FrontSettings } from './front.ts';
import type { Otherwise, WatchRules } from './plan.ts';
import type { Millis } from './units.ts';

export type StrategyName = 'in-place' | 'rolling' | 'blue-green' | 'canary';

/** Somebody must say GO before users meet a release; a gate that nobody answers in time answers itself. */
export type Approval = { readonly within: Millis; readonly otherwise: Otherwise };

/** How a canary grows: green's share of the requests in percent, each watched for so long, and then everything. */
export type CanarySteps = { readonly weights: readonly number[]; readonly each: Millis };

export type Address = { readonly host: string; readonly port: number };

/** What `gonogo.yaml` says of one environment, but for its variables. */
export type EnvironmentSpec = {
  readonly strategy: StrategyName;
  /** Where users come in; absent: a loopback port that stays the same. */
  readonly listen?: Address;
  /** What the front does beyond forwarding; absent: nothing. */
  readonly proxy?: FrontSettings;
  readonly watch: WatchRules;
  /** The environment in which a release must be proven before it comes here; absent: none. */
  readonly from?: string;
  /** How long the slot that served before stays warm for an instant rollback. */
  readonly keep: Millis;
  /** The address instances listen on and are told as HOST, and from which reach checks dial; default 127.0.0.1. */
  readonly address: string;
  /** Absent: nobody is asked. */
  readonly approve?: Approval;
  /** What happens after a watch with too little traffic to judge; default: the checks and probes have proved it. */
  readonly quiet?: 'prove-by-checks' | 'hold';
  /** Only for the strategy `canary`. */
  readonly canary?: CanarySteps;
};
