/**
 * Where a service runs: project × service × environment × host. Two projects called `web`, or staging and production
 * on one machine, never mix, because everything gonogo creates carries its target.
 */
export type Target = {
  readonly project: string;
  readonly service: string;
  readonly environment: string;
  readonly host: string;
};

/** A target as one string, unique per target; its parts are names, which hold no `/`. */
export const targetKey = (target: Target): string =>
  `${target.project}/${target.service}/${target.environment}/${target.host}`;

/** The journal stream a target belongs to: one per environment of a project on a host, not per rollout. */
export const streamOf = (target: Target): string => `${target.project}/${target.environment}/${target.host}`;

export const sameTarget = (a: Target, b: Target): boolean => targetKey(a) === targetKey(b);
