import type { CheckSpec } from './check.ts';
import type { Address } from './environment.ts';
import type { Probe } from './release.ts';

/** A probe as a check of one instance: one attempt, its own timeout. */
export function probeSpec(name: string, probe: Probe, { host, port }: Address): CheckSpec {
  const base = { name, timeout: probe.timeout, retry: { times: 0, delay: 0 }, tags: [] };
  if (probe.get === 'tcp') return { ...base, kind: 'tcp', address: `${host}:${port}`, settle: 0 };
  const url = `http://${host}:${port}${probe.get}`;
  return { ...base, kind: 'http', method: 'GET', url, headers: {}, expect: {} };
}
