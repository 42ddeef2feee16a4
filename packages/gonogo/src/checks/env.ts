import type { EnvRule } from '../domain/check.ts';
import { lookUp } from '../domain/template.ts';
import { formatProblem } from '../domain/variable.ts';
import { type Answer, fail, type Kind, pass, warn } from './kind.ts';
import { excerpt } from './words.ts';

/** Looks at one variable of the environment. A value is never shown when it is, or may be, secret. */
export const env: Kind<'env'> = async ({ variable, rule }, { at }) => {
  const value = lookUp(at.values, variable) || rule.default;
  if (!value) return missing(variable, rule, lookUp(at.values, variable) === '');
  const problem = formatProblem(value, rule);
  const smell = smellOf(value, rule);
  if (problem)
    return fail('format', `${variable} ${problem}${shown(value, rule)}`, smell ?? 'correct its value');
  if (smell) return warn('suspicious', `${variable} is set, but looks wrong${shown(value, rule)}`, smell);
  return pass(lookUp(at.values, variable) ? 'is set' : 'has its default');
};

function missing(variable: string, rule: EnvRule, empty: boolean): Answer {
  const saw = empty ? `${variable} is set but empty, which counts as missing` : `${variable} is not set`;
  if (!rule.required) return pass(`${empty ? 'is empty' : 'is not set'}, and is not required`);
  return fail('missing', saw, `set ${variable} in this environment’s env: sources`);
}

const shown = (value: string, { secret }: EnvRule): string => (secret ? '' : `: "${excerpt(value, 60)}"`);

type Smell = { readonly test: (value: string) => boolean; readonly hint: string };

const quoted = 'the quotes are part of the value: take them away';

/** What values look like that were not meant to be so. */
const smells: readonly Smell[] = [
  { test: (v) => /[\r\n]$/.test(v), hint: 'it ends in a line break: was it read from a file? Trim it' },
  { test: (v) => v !== v.trim(), hint: 'it begins or ends with blanks: trim it' },
  { test: (v) => /^(["']).*\1$/s.test(v), hint: quoted },
  {
    test: (v) => /\$\{\w+\}|\$\(\w|\{\{.+\}\}/.test(v),
    hint: 'it holds a placeholder that nothing filled: write the value itself',
  },
  { test: isPlaceholder, hint: 'it looks like a placeholder from an example: write the real value' },
];

function smellOf(value: string, { format }: EnvRule): string | undefined {
  // JSON may be one text in quotes.
  return smells.find(({ test, hint }) => test(value) && !(format === 'json' && hint === quoted))?.hint;
}

function isPlaceholder(value: string): boolean {
  return /^(change[-_ ]?me|replace[-_ ]?me|todo|tbd|fixme|xxx+|<[^<>]+>|your[-_ ].+|insert[-_ ].+[-_ ]here|dummy|placeholder)$/i.test(
    value.trim(),
  );
}
