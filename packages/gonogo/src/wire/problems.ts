import * as z from 'zod/mini';

/** Given to a parse, so that its issues have sentences: zod/mini brings none. Values are left out: they may be secret. */
export const inWords = { error: ruleOf } satisfies z.core.ParseContext<z.core.$ZodIssue>;

/** Everything that is wrong with a value, by place and rule. */
export const problemsOf = ({ issues }: z.core.$ZodError): string[] =>
  issues.map(({ path, message }) => `${path.map(String).join('.') || 'input'}: ${message}`);

/** Schemas that know better bring a sentence of their own. */
function ruleOf(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return 'is missing';
  if (issue.code === 'invalid_type')
    return `must be ${issue.expected}, not ${z.util.parsedType(issue.input)}`;
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`;
  if (issue.code === 'invalid_format' && issue.pattern) return `must match ${issue.pattern}`;
  if (issue.code === 'unrecognized_keys') return `unknown key ${issue.keys.join(', ')}`;
  if (issue.code === 'too_small')
    return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${sizeOf(issue.origin)}`;
  if (issue.code === 'too_big')
    return `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${sizeOf(issue.origin)}`;
  if (issue.code === 'invalid_union' && Array.isArray(issue.options))
    return `must be ${issue.options.map(String).join(' or ')}`;
  return issue.code.replaceAll('_', ' ');
}

const sizeOf = (origin: string): string =>
  origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '';
