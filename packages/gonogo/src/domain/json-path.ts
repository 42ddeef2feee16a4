/** The steps of a path into JSON: member names and array indices. */
export type JsonPath = readonly (string | number)[];

const step = /\.([A-Za-z_$@][\w$@-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\['([^'\\]*)'\]/y;

/**
 * Parses the part of JSONPath that names exactly one value: `$.a.b[0]["c"]` (RFC 9535, singular queries, section 2.3.5.1).
 * Undefined for anything else: a path that may match several values could pass by accident.
 */
export function parseJsonPath(text: string): JsonPath | undefined {
  if (!text.startsWith('$')) return undefined;
  const path: (string | number)[] = [];
  step.lastIndex = 1;
  while (step.lastIndex < text.length) {
    const match = step.exec(text);
    if (!match) return undefined;
    const part = partOf(match);
    if (part === undefined) return undefined;
    path.push(part);
  }
  return path;
}

function partOf([, name, index, quoted, single]: RegExpExecArray): string | number | undefined {
  if (name !== undefined) return name;
  if (index !== undefined) return Number(index);
  if (single !== undefined) return single;
  try {
    return JSON.parse(quoted ?? '') as string;
  } catch {
    return undefined; // An escape that JSON does not know.
  }
}

/** The value at a path, wrapped so that a missing one and `undefined` cannot be confused. */
export function readJsonPath(value: unknown, path: JsonPath): { readonly value: unknown } | undefined {
  let current = value;
  for (const part of path) {
    if (current === null || typeof current !== 'object') return undefined;
    if (Array.isArray(current) !== (typeof part === 'number') || !Object.hasOwn(current, part))
      return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return { value: current };
}
