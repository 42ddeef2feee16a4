import type { CheckSpec } from './check.ts';
import type { Address } from './environment.ts';
import type { Probe } from './release.ts';
import type { Instant, Millis } from './units.ts';

export type ProbeOf = Address & {
  /** The port in a network of its own. */
  readonly inner?: number;
  /** What must be answering, if that is to be asked as well. */
  readonly release?: string;
};

/**
 * A probe as a check of one instance: one attempt, its own timeout. What publishes the port of a network of its own
 * (`inner`) accepts for it, and closes again when nothing listens there: then an open port must stay open for a while.
 */
export function probeSpec(name: string, probe: Probe, of: ProbeOf): CheckSpec {
  const { host, port, inner, release } = of;
  const base = { name, timeout: probe.timeout, retry: { times: 0, delay: 0 }, tags: [] };
  if ('run' in probe) return { ...base, kind: 'run', command: probe.run };
  if (probe.get === 'tcp') {
    const settle = inner === undefined ? { settle: 0 } : {};
    return { ...base, kind: 'tcp', address: `${host}:${port}`, ...settle };
  }
  const url = `http://${host}:${port}${probe.get}`;
  return { ...base, kind: 'http', method: 'GET', url, headers: {}, expect: release ? { release } : {} };
}

/** A path that what passes the probe answers. */
export const pathOf = (probe: Probe): string => ('run' in probe || probe.get === 'tcp' ? '/' : probe.get);

/** How long the first question of an instance that started then has still to wait. */
export const delayLeft = ({ delay = 0 }: Probe, startedAt: Instant, now: Instant): Millis =>
  Math.max(0, Math.min(delay, startedAt + delay - now));
