import { releaseName } from '../../domain/release.ts';
import type { Target } from '../../domain/target.ts';
import type { PoolSpec } from '../../ports/runtime.ts';
import { labelNames, labelsOf, type Place, placeOf } from '../labels.ts';

const prefix = 'gonogo.';
/** Which state folder a container belongs to: two agents on one engine never touch each other's. */
const ownerLabel = `${prefix}owner`;
/** For people who look with `docker ps`; nothing is decided by it. */
const releaseLabel = `${prefix}release`;
const rolloutLabel = `${prefix}rollout`;

/** The labels of a container. */
export const containerLabels = (spec: PoolSpec, place: Place, owner: string): Record<string, string> => ({
  ...withPrefix(labelsOf(place)),
  [ownerLabel]: owner,
  [releaseLabel]: releaseName(spec.pool.target.service, spec.releaseDigest),
  ...(spec.rollout === undefined ? {} : { [rolloutLabel]: spec.rollout }),
});

/** Undefined for what is not an instance of this owner. An image's own labels are on its containers too. */
export function containerPlace(labels: Readonly<Record<string, string>>, owner: string): Place | undefined {
  if (labels[ownerLabel] !== owner) return undefined;
  const told = labelNames.flatMap((name) => {
    const value = labels[prefix + name];
    return value === undefined ? [] : [[name, value]];
  });
  return placeOf(Object.fromEntries(told));
}

/** The filter that finds the containers of an owner, and of one target. */
export function ownedFilter(owner: string, target?: Target): string[] {
  const { project, service, environment, host } = target ?? {};
  const asked = { kind: 'instance', project, service, environment, on: host };
  const labels = Object.entries(asked).flatMap(([name, value]) =>
    value ? [`${prefix}${name}=${value}`] : [],
  );
  return [`${ownerLabel}=${owner}`, ...labels];
}

const withPrefix = (labels: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [prefix + name, value]));
