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

/** A target as one string, unique per target; parts cannot contain `/` (see `isName`). */
export const targetKey = (target: Target): string =>
  `${target.project}/${target.service}/${target.environment}/${target.host}`;

/** The journal stream a target belongs to: one per environment of a project on a host, not per rollout. */
export const streamOf = (target: Target): string => `${target.project}/${target.environment}/${target.host}`;

export const sameTarget = (a: Target, b: Target): boolean => targetKey(a) === targetKey(b);

/** The one strict type for every name a user may choose: it reaches file names, labels and keys. */
export const isName = (text: string): boolean => /^[a-z][a-z0-9-]{0,39}$/.test(text) && !text.endsWith('-');
