import type { EnvRule } from './check.ts';

/** The formats a variable can be held to. */
export const variableFormats = ['url', 'number', 'boolean', 'email', 'json'] as const;

type Format = (typeof variableFormats)[number];

const tests: Record<Format, (value: string) => boolean> = {
  url: (value) => /^[a-z][a-z0-9+.-]*:\/\//i.test(value) && URL.canParse(value),
  number: (value) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value),
  boolean: (value) => /^(true|false|1|0|yes|no|on|off)$/i.test(value),
  email: (value) => /^[^\s@<>]+@[^\s@<>]+$/.test(value),
  json: isJson,
};

const words: Record<Format, string> = {
  url: 'a URL (scheme://…)',
  number: 'a number',
  boolean: 'a boolean (true or false)',
  email: 'an e-mail address',
  json: 'JSON',
};

/** Why a value breaks its rule, without the value itself; undefined when it keeps it. */
export function formatProblem(value: string, rule: Pick<EnvRule, 'format' | 'oneOf'>): string | undefined {
  if (rule.format && !tests[rule.format](value)) return `is not ${words[rule.format]}`;
  if (rule.oneOf && !rule.oneOf.includes(value)) return `is none of ${rule.oneOf.join(', ')}`;
  return undefined;
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
