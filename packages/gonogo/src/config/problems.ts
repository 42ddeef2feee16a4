import type * as z from 'zod/mini';
import type { ConfigProblem } from '../errors/config.ts';
import { type ConfigDocument, type Path, pathText } from './document.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/** What each kind of issue says to people; schemas that know better bring a sentence of their own. */
export function messageOfIssue(issue: RawIssue): string | undefined {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(key, shapeOf(issue.inst))).join('\n');
  if (issue.code === 'invalid_type') return wrongType(issue);
  if (issue.code === 'invalid_value') return wrongValue(issue.values, issue.input);
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}${sizeOf(issue.origin)}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}${sizeOf(issue.origin)}`;
  return undefined;
}

/** Every problem of a failed parse, each where it stands in the file. */
export function problemsOf(issues: readonly Issue[], document: ConfigDocument): ConfigProblem[] {
  return problemsUnder(issues, [], document);
}

/** A rule over a whole mapping says nothing new about one that has an unknown key. */
function problemsUnder(issues: readonly Issue[], base: Path, document: ConfigDocument): ConfigProblem[] {
  const misspelt = new Set(
    issues.filter(({ code }) => code === 'unrecognized_keys').map(({ path }) => pathText(path)),
  );
  return issues
    .filter(({ code, path }) => code !== 'custom' || !misspelt.has(pathText(path)))
    .flatMap((issue) => problemsOfIssue(issue, base, document));
}

function problemsOfIssue(issue: Issue, base: Path, document: ConfigDocument): ConfigProblem[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.map((key, index) => document.problemAt([...path, key], messages[index] ?? '', 'key'));
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((inner) => document.problemAt(path, inner.message, 'key'));
  }
  if (issue.code === 'invalid_union') return problemsOfUnion(issue, path, document);
  const unsupported = issue.code === 'invalid_type' && issue.expected === 'never';
  return [document.problemAt(path, issue.message, unsupported ? 'key' : 'value')];
}

/** Of several ways to write something, the one that was meant is the one whose type fits. */
function problemsOfUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  document: ConfigDocument,
): ConfigProblem[] {
  const meant = issue.errors.filter((branch) => !branch.some(isOtherType));
  const [branch] = meant;
  if (branch && meant.length === 1) return problemsUnder(branch, path, document);
  const types = issue.errors.flatMap(expectedTypes);
  const got = /not (.+)$/.exec(issue.errors.flat().find(isOtherType)?.message ?? '')?.[1];
  const says = types.length > 0 ? `must be ${[...new Set(types)].join(' or ')}` : 'is not valid here';
  return [document.problemAt(path, got ? `${says}, not ${got}` : says, 'value')];
}

const isOtherType = (issue: Issue): boolean => {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union') return issue.errors.every((branch) => branch.some(isOtherType));
  return issue.code === 'invalid_type';
};

const expectedTypes = (issues: readonly Issue[]): string[] =>
  issues.flatMap((issue) => {
    if (issue.code === 'invalid_union') return issue.errors.flatMap(expectedTypes);
    return issue.code === 'invalid_type' && issue.expected !== 'null' ? [typeName(issue.expected)] : [];
  });

function unknownKey(key: string, known: readonly string[]): string {
  const near = suggest(key, known);
  return near ? `unknown key; did you mean ${near}?` : `unknown key; known here: ${known.join(', ')}`;
}

function shapeOf(schema: unknown): string[] {
  const { shape } = (schema as z.core.$ZodObject)._zod.def;
  return Object.entries(shape)
    .filter(([, field]) => !isUnsupported(field))
    .map(([key]) => key);
}

function isUnsupported(field: z.core.$ZodType): boolean {
  const { innerType } = field._zod.def as { innerType?: z.core.$ZodType };
  return innerType?._zod.def.type === 'never';
}

function wrongType(issue: { readonly expected: string; readonly input?: unknown }): string {
  if (issue.input === undefined) return 'is missing';
  return `must be ${typeName(issue.expected)}, not ${describe(issue.input)}`;
}

function wrongValue(values: readonly unknown[], input: unknown): string {
  if (input === undefined) return 'is missing';
  const known = values.map(String);
  const near = typeof input === 'string' ? suggest(input, known) : undefined;
  const got = typeof input === 'string' ? `"${input}"` : describe(input);
  return `must be ${known.length > 1 ? 'one of ' : ''}${known.join(', ')}, not ${got}${near ? `; did you mean ${near}?` : ''}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  null: 'empty',
};

const typeName = (type: string): string => typeNames[type] ?? type;

/** What something is, never what it holds: a secret may have been typed in the wrong place. */
function describe(input: unknown): string {
  if (input === null) return 'empty';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'number') return Number.isInteger(input) ? 'a number' : 'a number with a fraction';
  if (typeof input === 'boolean') return String(input);
  return typeof input === 'string' ? 'text' : 'a mapping';
}

const sizeOf = (origin: string): string =>
  origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '';
