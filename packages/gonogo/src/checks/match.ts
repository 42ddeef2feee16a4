import type { Matcher } from '../domain/check.ts';
import { excerpt } from './words.ts';

/** What was found, or undefined where there is nothing. */
export type Found = { readonly value: unknown } | undefined;

/** Why a value does not match; undefined when it does. Nothing is coerced: the text "5" is no number. */
export function mismatch(
  matcher: Matcher,
  found: Found,
  redact: (text: string) => string,
): string | undefined {
  if ('exists' in matcher) {
    if (matcher.exists === (found !== undefined)) return undefined;
    return matcher.exists ? 'is missing' : 'is there';
  }
  if (!found) return 'is missing';
  if (matches(matcher, found.value)) return undefined;
  return `is ${show(found.value, redact)}, not ${wanted(matcher, redact)}`;
}

type Comparing = Exclude<Matcher, { exists: boolean }>;

function matches(matcher: Comparing, value: unknown): boolean {
  if ('equals' in matcher) return value === matcher.equals;
  if ('one_of' in matcher) return matcher.one_of.some((allowed) => allowed === value);
  if ('matches' in matcher) return typeof value === 'string' && new RegExp(matcher.matches, 'u').test(value);
  if ('contains' in matcher) return typeof value === 'string' && value.includes(matcher.contains);
  if (typeof value !== 'number') return false;
  if ('gt' in matcher) return value > matcher.gt;
  if ('gte' in matcher) return value >= matcher.gte;
  if ('lt' in matcher) return value < matcher.lt;
  return value <= matcher.lte;
}

function wanted(matcher: Comparing, redact: (text: string) => string): string {
  if ('equals' in matcher) return show(matcher.equals, redact);
  if ('one_of' in matcher) return `one of ${matcher.one_of.map((value) => show(value, redact)).join(', ')}`;
  if ('matches' in matcher) return `text that /${matcher.matches}/ finds something in`;
  if ('contains' in matcher) return `text with ${show(matcher.contains, redact)} in it`;
  if ('gt' in matcher) return `a number greater than ${matcher.gt}`;
  if ('gte' in matcher) return `a number of at least ${matcher.gte}`;
  if ('lt' in matcher) return `a number less than ${matcher.lt}`;
  return `a number of at most ${matcher.lte}`;
}

const show = (value: unknown, redact: (text: string) => string): string =>
  excerpt(redact(JSON.stringify(value) ?? String(value)), 80);
