/**
 * What the body of an unhealthy answer blames, where it says so: by its own `scope`, as @gonogo/health tells it, or by
 * those of its `checks` that fail (each with its `status` and `scope`, unless `critical` is false).
 */
export function scopeOf(body: unknown): 'shared' | 'local' | undefined {
  const { scope, checks } = fieldsOf(body);
  if (scope === 'shared' || scope === 'local') return scope;
  const failing = Object.values(fieldsOf(checks))
    .flatMap((entries) => (Array.isArray(entries) ? entries : [entries]))
    .map(fieldsOf)
    .filter(({ status, critical }) => status !== 'pass' && status !== 'warn' && critical !== false);
  if (failing.length === 0) return undefined;
  return failing.every((check) => check.scope === 'shared') ? 'shared' : 'local';
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
