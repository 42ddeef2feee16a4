import type { HealthCheck } from './check.ts';

/** Refuses checks that could not work, at start-up rather than at three in the morning. */
export function validate(checks: readonly HealthCheck[]): void {
  const refuse = (name: string, why: string): never => {
    throw new TypeError(`the health check "${name}" ${why}`);
  };
  const names = new Set<string>();
  for (const check of checks) {
    const { name, probe, scope = 'shared' } = check;
    if (!/^[A-Za-z0-9._:-]{1,64}$/.test(name))
      refuse(name, 'needs a name of letters, digits, ".", "_", ":" and "-"');
    if (names.has(name)) refuse(name, 'is there twice');
    names.add(name);
    if (probe === 'live' && scope !== 'local') refuse(name, "is live, so it must have scope: 'local'");
    for (const key of ['every', 'timeout', 'expires', 'failures', 'successes'] as const) {
      const value = check[key] ?? 1;
      if (!(Number.isFinite(value) && value > 0)) refuse(name, `needs a number above 0 as ${key}`);
    }
  }
}
