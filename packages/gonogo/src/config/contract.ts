import * as z from 'zod/mini';
import type { EnvRule, Program } from '../domain/check.ts';
import { namesIn } from '../domain/template.ts';
import { formatProblem, variableFormats } from '../domain/variable.ts';
import {
  optional,
  parsed,
  rule,
  section,
  some,
  template,
  text,
  variableName,
  withDefault,
} from './section.ts';

const scalarText = parsed(z.union([text, z.number(), z.boolean()]), String);

const written = section({
  secret: withDefault(
    z.boolean(),
    false,
    'Its value never reaches a log, a report, an error or an API answer.',
  ),
  required: optional(
    z.boolean(),
    'Whether a missing value is a NO-GO; default: true, unless there is a default.',
  ),
  default: optional(scalarText, 'The value where an environment sets none.'),
  format: optional(z.enum(variableFormats), 'What the value must be.'),
  one_of: optional(some(scalarText, 'must name at least one value'), 'The values it may have.'),
});

const envRule = parsed(written, (input, refuse): EnvRule => {
  const result: EnvRule = {
    secret: input.secret,
    required: input.required ?? input.default === undefined,
    ...(input.default === undefined ? {} : { default: input.default }),
    ...(input.format === undefined ? {} : { format: input.format }),
    ...(input.one_of === undefined ? {} : { oneOf: input.one_of }),
  };
  const problem = defaultProblem(result);
  return problem ? refuse(problem, ['default']) : result;
});

function defaultProblem(variable: EnvRule): string | undefined {
  if (variable.default === undefined) return undefined;
  if (variable.secret) return 'a secret cannot have a default: it would be readable in every release';
  if (variable.default === '') return 'is empty, and set but empty counts as missing: use required: false';
  return formatProblem(variable.default, variable);
}

/** Set by the runtime for every instance, whatever an environment says. */
const isOurs = (name: string): boolean => name === 'PORT' || name === 'HOST' || name.startsWith('GONOGO_');

const declared = variableName.check(
  rule((name) => !isOurs(name), 'is set by gonogo for every instance and cannot be part of the contract'),
);

const spoken = ['postgres', 'postgresql', 'tcp', 'http', 'https'];

/** Why an entry of `reach` cannot be asked; entries that begin with a placeholder are decided by its value. */
function reachProblem(entry: string): string | undefined {
  if (/^\$\{\w+\}/.test(entry)) return undefined;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\/[^/\s]/i.exec(entry)?.[1]?.toLowerCase();
  if (!scheme) return `is not an address: write \${NAME}, tcp://host:port, postgres://… or https://…`;
  if (!spoken.includes(scheme))
    return `${scheme}:// is not supported yet: tcp://host:port proves that the port accepts`;
  if (
    scheme === 'tcp' &&
    namesIn(entry).length === 0 &&
    !/^tcp:\/\/(\[[^\]]+\]|[^:/\s]+):\d{1,5}\/?$/i.test(entry)
  )
    return 'needs a port: tcp://host:port';
  if (/^[^/]*\/\/[^/@]*:[^/@$]+@/.test(entry))
    return `holds a password: keep it in a variable and write \${NAME}`;
  return undefined;
}

const reach = template.check(
  z.superRefine((entry, context) => {
    const problem = reachProblem(entry);
    if (problem) context.addIssue(problem);
  }),
);

const version = String.raw`v?\d+(?:\.(?:\d+|x|\*)){0,2}`;
const oneRange = String.raw`(?:[<>]=?|=|~|\^)?\s*${version}`;
const ranges = new RegExp(`^\\s*${oneRange}(?:\\s+${oneRange}|\\s*\\|\\|\\s*${oneRange})*\\s*$`);

/** Ranges as npm reads them, but for the ones that a person would have to look up. */
const versions = text.check(
  rule((range) => ranges.test(range), "is not a range of versions: write '>=24', '^3.11' or '17 || 21'"),
);

const runtime = section({
  node: optional(versions, "Of Node.js, as '>=24'."),
  bun: optional(versions, 'Of Bun.'),
  deno: optional(versions, 'Of Deno.'),
  java: optional(versions, "Of Java, as '>=21'."),
  php: optional(versions, 'Of PHP.'),
  python: optional(versions, "Of Python, as '^3.11', by the name python3."),
  ruby: optional(versions, 'Of Ruby.'),
} satisfies Record<Program, unknown>);

/** Nothing after a variable's name: required, and not secret. */
const bare = parsed(z.null(), (): EnvRule => ({ secret: false, required: true }));

/** `contract:` — what the service needs from any environment. */
export const contract = section({
  env: withDefault(
    z.record(declared, z.union([bare, envRule])),
    {},
    'The variables the service needs, by name. Nothing after the name: required, not secret.',
  ),
  reach: withDefault(
    z.array(reach),
    [],
    'What must be reachable from inside the new slot before it takes traffic.',
  ),
  runtime: optional(
    runtime,
    'Which versions of what runs the service are right. A deploy asks where the release will run, before it starts.',
  ),
});
