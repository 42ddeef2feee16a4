import type { PoolId } from '../domain/slot.ts';
import type { Millis } from '../domain/units.ts';
import { InstanceLabels } from '../wire/instance.ts';

/** What is said of an instance at its launch and read again from the keeper's list or a record file. */
export type Place = {
  readonly pool: PoolId;
  readonly revision: string;
  /** 0 … count − 1; a restarted instance takes the place of the one that ended. */
  readonly index: number;
  readonly host: string;
  readonly port: number;
  /** The port inside its own network, where it has one. */
  readonly inner?: number;
  readonly grace: Millis;
  /** How often the instance in this place was started again. */
  readonly restarts: number;
  /** How many of them in a row led to this one. */
  readonly inARow: number;
};

export function labelsOf(place: Place): Record<string, string> {
  const { project, service, environment, host: on } = place.pool.target;
  const { slot, role } = place.pool;
  const { revision, host } = place;
  const numbers = {
    index: String(place.index),
    port: String(place.port),
    grace: String(Math.round(place.grace)),
    restarts: String(place.restarts),
    in_a_row: String(place.inARow),
    ...(place.inner === undefined ? {} : { inner: String(place.inner) }),
  };
  return { kind: 'instance', project, service, environment, on, slot, role, revision, host, ...numbers };
}

/** Every label that `labelsOf` may write. */
export const labelNames: readonly string[] = Object.keys(InstanceLabels.shape);

/** Undefined for what is not an instance of this runtime, as a proxy. */
export function placeOf(labels: Readonly<Record<string, string>>): Place | undefined {
  const parsed = InstanceLabels.safeParse(labels);
  if (!parsed.success) return undefined;
  const { project, service, environment, on, slot, role, inner, kind: _, ...rest } = parsed.data;
  const pool = { target: { project, service, environment, host: on }, slot, role };
  const { in_a_row: inARow, ...place } = { pool, ...rest };
  return { ...place, inARow, ...(inner === undefined ? {} : { inner }) };
}
