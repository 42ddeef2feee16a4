import type { Contract } from './release.ts';
import type { Values } from './revision.ts';

/** Shorter texts are not looked for: they would be found everywhere. */
const shortest = 4;

/** Values of undeclared variables that everybody has and that give nothing away. */
const common = new Set(
  ['true', 'false', 'none', 'null', 'production', 'staging', 'development', 'test', 'local'].concat([
    'trace',
    'debug',
    'info',
    'warn',
    'warning',
    'error',
    'fatal',
    'silent',
    'localhost',
    '127.0.0.1',
    '0.0.0.0',
  ]),
);

/**
 * The texts that must never leave gonogo: every value that the contract declares secret or does not declare at all,
 * line by line as well where there are several, and the password of every value that is a URL.
 */
export function secretsOf(values: Values, contract: Pick<Contract, 'env'>): string[] {
  const found = new Set<string>();
  for (const [name, value] of Object.entries(values)) {
    const rule = Object.hasOwn(contract.env, name) ? contract.env[name] : undefined;
    const secret = rule ? rule.secret : !common.has(value.toLowerCase());
    if (secret) for (const text of [value, value.trim(), ...linesOf(value)]) found.add(text);
    for (const password of passwordsOf(value)) found.add(password);
  }
  return [...found].filter((text) => text.length >= shortest);
}

/** A key in PEM is printed line by line; its frame is no secret. */
function linesOf(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  if (lines.length < 2) return [];
  return lines.filter((line) => line.length >= 8 && !line.startsWith('-----'));
}

/** The password in a URL as it is written and as it is meant (RFC 3986, section 3.2.1). */
function passwordsOf(value: string): string[] {
  const written = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]*?:([^\s/?#]+)@/i.exec(value)?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written]; // Not percent-encoded: what is written is what is meant.
  }
}
