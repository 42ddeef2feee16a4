import type { Release } from './release.ts';
import type { Replicas } from './scaling.ts';

/** Environment variables by name; may hold secrets, so values never leave the vault but into an instance. */
export type Values = Readonly<Record<string, string>>;

/** A release in an environment's values: what actually runs, what is proven, what a rollback names. */
export type Revision = {
  /** `<7 of release digest>.<8 of keyed values digest>`: no secret can be guessed from it. */
  readonly id: string;
  readonly release: Release;
  readonly replicas: Replicas;
  /** The address its instances listen on and dial from. */
  readonly address: string;
};
