import * as z from 'zod/mini';
import type { HttpExpectation, Matcher } from '../domain/check.ts';
import { parseJsonPath } from '../domain/json-path.ts';
import { optional, parsed, rule, section, some, template } from './section.ts';
import { duration } from './units.ts';

const scalar = z.union([template, z.number(), z.boolean(), z.null()]);

const operators = {
  equals: optional(scalar, 'Exactly this value, of this type.'),
  matches: optional(
    z.string().check(rule(compiles, 'is not a regular expression')),
    'Text that this regular expression finds something in.',
  ),
  contains: optional(template, 'Text with this in it.'),
  one_of: optional(some(scalar, 'must name at least one value'), 'Exactly one of these values.'),
  gt: optional(z.number(), 'A number greater than this.'),
  gte: optional(z.number(), 'A number of at least this.'),
  lt: optional(z.number(), 'A number less than this.'),
  lte: optional(z.number(), 'A number of at most this.'),
  exists: optional(z.boolean(), 'Whether it is there at all.'),
};

/** A literal to equal, or exactly one operator: of several, one could be overlooked. */
const matcher = z.union([
  parsed(scalar, (value): Matcher => ({ equals: value })),
  parsed(section(operators), (input, refuse): Matcher => {
    const [key, ...more] = Object.keys(input);
    if (key === undefined) return refuse('must say what to expect');
    return more.length === 0
      ? (input as Matcher)
      : refuse(`has ${[key, ...more].join(' and ')}: use one of them`);
  }),
]);

const headerName = z
  .string()
  .check(z.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'is not a header name' }));

const jsonPath = z
  .string()
  .check(
    rule((path) => parseJsonPath(path) !== undefined, 'is not a path to one value: write $.a.b[0]["c"]'),
  );

const matchers = (key: z.ZodMiniString) =>
  z.record(key, matcher).check(rule((all) => Object.keys(all).length > 0, 'must expect something'));

const error = 'is not an HTTP status';
const statusCode = z.int().check(z.gte(100, { error }), z.lte(599, { error }));

const input = section({
  status: optional(
    z.union([parsed(statusCode, (code) => [code]), some(statusCode, 'must name at least one status')]),
    'The accepted status, or a list of them. Default: 200–299.',
  ),
  headers: optional(matchers(headerName), 'Header name → text to equal, or one matcher.'),
  json: optional(
    matchers(jsonPath),
    'Path in the JSON body → value to equal, or one matcher. A missing path fails.',
  ),
  body: optional(matcher, 'The whole body: text to equal, or one matcher.'),
  within: optional(duration(), 'The longest time until the complete answer.'),
}).check(rule((all) => Object.keys(all).length > 0, 'expects nothing: say what, or leave it out'));

/** `expect:` — what an HTTP answer must be. */
export const expectation = parsed(input, (expected): HttpExpectation => expected);

function compiles(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}
