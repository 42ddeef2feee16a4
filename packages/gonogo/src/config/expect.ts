import { z } from 'zod';
import type { HttpExpectation, Matcher } from '../domain/check.ts';
import { parseJsonPath } from '../domain/json-path.ts';
import { section, template } from './section.ts';
import { duration } from './units.ts';

const scalar = z.union([template, z.number(), z.boolean(), z.null()]);

const pattern = z.string().refine(compiles, { error: 'is not a regular expression' });

const operators = {
  equals: scalar.exactOptional().meta({ description: 'Exactly this value, of this type.' }),
  matches: pattern
    .exactOptional()
    .meta({ description: 'Text that this regular expression finds something in.' }),
  contains: template.exactOptional().meta({ description: 'Text with this in it.' }),
  one_of: z
    .array(scalar)
    .min(1, { error: 'must name at least one value' })
    .exactOptional()
    .meta({ description: 'Exactly one of these values.' }),
  gt: z.number().exactOptional().meta({ description: 'A number greater than this.' }),
  gte: z.number().exactOptional().meta({ description: 'A number of at least this.' }),
  lt: z.number().exactOptional().meta({ description: 'A number less than this.' }),
  lte: z.number().exactOptional().meta({ description: 'A number of at most this.' }),
  exists: z.boolean().exactOptional().meta({ description: 'Whether it is there at all.' }),
};

/** A literal to equal, or exactly one operator: of several, one could be overlooked. */
const matcher = z.union([
  scalar.transform((value): Matcher => ({ equals: value })),
  section(operators).transform((input, context): Matcher => {
    const [key, ...more] = Object.keys(input);
    if (key !== undefined && more.length === 0) return input as Matcher;
    context.addIssue(
      key === undefined ? 'must say what to expect' : `has ${[key, ...more].join(' and ')}: use one of them`,
    );
    return z.NEVER;
  }),
]);

const matchers = (key: z.ZodString | typeof jsonPath) =>
  z.record(key, matcher).refine((all) => Object.keys(all).length > 0, { error: 'must expect something' });

const jsonPath = z.string().refine((path) => parseJsonPath(path) !== undefined, {
  error: 'is not a path to one value: write $.a.b[0]["c"]',
});

const statusCode = z
  .int()
  .min(100, { error: 'is not an HTTP status' })
  .max(599, { error: 'is not an HTTP status' });

/** `expect:` — what an HTTP answer must be. */
export const expectation = section({
  status: z
    .union([
      statusCode.transform((code) => [code]),
      z.array(statusCode).min(1, { error: 'must name at least one status' }),
    ])
    .exactOptional()
    .meta({ description: 'The accepted status, or a list of them. Default: 200–299.' }),
  headers: matchers(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'is not a header name' }))
    .exactOptional()
    .meta({ description: 'Header name → text to equal, or one matcher.' }),
  json: matchers(jsonPath)
    .exactOptional()
    .meta({ description: 'Path in the JSON body → value to equal, or one matcher. A missing path fails.' }),
  body: matcher.exactOptional().meta({ description: 'The whole body: text to equal, or one matcher.' }),
  within: duration().exactOptional().meta({ description: 'The longest time until the complete answer.' }),
})
  .refine((input) => Object.keys(input).length > 0, { error: 'expects nothing: say what, or leave it out' })
  .transform((input): HttpExpectation => input)
  .meta({ description: 'What the answer must be.' });

function compiles(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}
