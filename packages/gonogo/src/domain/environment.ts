import type { FrontSettings } from './front.ts';
import type { WatchRules } from './plan.ts';
import type { Millis } from './units.ts';

export type StrategyName = 'in-place' | 'blue-green';

export type Address = { readonly host: string; readonly port: number };

/** What `gonogo.yaml` says of one environment, but for its variables. */
export type EnvironmentSpec = {
  readonly strategy: StrategyName;
  /** Where users come in; absent: a loopback port that stays the same. */
  readonly listen?: Address;
  /** What the front does beyond forwarding; absent: nothing. */
  readonly proxy?: FrontSettings;
  readonly watch: WatchRules;
  /** How long the slot that served before stays warm for an instant rollback. */
  readonly keep: Millis;
  /** The address instances listen on and are told as HOST, and from which reach checks dial; default 127.0.0.1. */
  readonly address: string;
};
