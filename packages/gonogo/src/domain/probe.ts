import type { CheckSpec } from './check.ts';
import type { Address } from './environment.ts';
import type { Probe } from './release.ts';

export type ProbeOf = Address & {
  /** What must be answering, if that is to be asked as well. */
  readonly release?: string;
};

/** A probe as a check of one instance: one attempt, its own timeout. */
export function probeSpec(name: string, probe: Probe, { host, port, release }: ProbeOf): CheckSpec {
  const base = { name, timeout: probe.timeout, retry: { times: 0, delay: 0 }, tags: [] };
  if (probe.get === 'tcp') return { ...base, kind: 'tcp', address: `${host}:${port}`, settle: 0 };
  const url = `http://${host}:${port}${probe.get}`;
  return { ...base, kind: 'http', method: 'GET', url, headers: {}, expect: release ? { release } : {} };
}
