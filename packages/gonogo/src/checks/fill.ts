import type { CheckSpec } from '../domain/check.ts';
import type { Values } from '../domain/revision.ts';
import { fill, missingIn } from '../domain/template.ts';

/**
 * Fields that are taken as they are written. A command gets its values from its environment, never in its arguments,
 * which every user of the machine can read; in a regular expression a value would be code.
 */
const literal = new Set(['name', 'kind', 'tags', 'method', 'variable', 'rule', 'command', 'matches']);

/** A spec with its `${NAME}`s filled, or the names that have no value. */
export function fillSpec(
  spec: CheckSpec,
  values: Values,
): CheckSpec | { readonly missing: readonly string[] } {
  const missing = new Set<string>();
  const filled = fillDeep(spec, (text) => {
    for (const name of missingIn(text, values)) missing.add(name);
    return fill(text, values);
  });
  return missing.size > 0 ? { missing: [...missing] } : (filled as CheckSpec);
}

function fillDeep(value: unknown, fillText: (text: string) => string): unknown {
  if (typeof value === 'string') return fillText(value);
  if (Array.isArray(value)) return value.map((inner) => fillDeep(inner, fillText));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, literal.has(key) ? inner : fillDeep(inner, fillText)]),
  );
}
