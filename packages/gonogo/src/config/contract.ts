import { z } from 'zod';
import type { EnvRule } from '../domain/check.ts';
import { namesIn } from '../domain/template.ts';
import { formatProblem, variableFormats } from '../domain/variable.ts';
import { section, template, text, unsupported, variableName } from './section.ts';

const scalarText = z
  .union([text, z.number(), z.boolean()])
  .transform(String)
  .meta({ description: 'Text; numbers and booleans are taken as they are written.' });

const rule = section({
  secret: z
    .boolean()
    .default(false)
    .meta({ description: 'Its value never reaches a log, a report, an error or an API answer.' }),
  required: z
    .boolean()
    .exactOptional()
    .meta({ description: 'Whether a missing value is a NO-GO; default: true, unless there is a default.' }),
  default: scalarText.exactOptional().meta({ description: 'The value where an environment sets none.' }),
  format: z.enum(variableFormats).exactOptional().meta({ description: 'What the value must be.' }),
  one_of: z
    .array(scalarText)
    .min(1, { error: 'must name at least one value' })
    .exactOptional()
    .meta({ description: 'The values it may have.' }),
}).transform((input, context): EnvRule => {
  const result: EnvRule = {
    secret: input.secret,
    required: input.required ?? input.default === undefined,
    ...(input.default === undefined ? {} : { default: input.default }),
    ...(input.format === undefined ? {} : { format: input.format }),
    ...(input.one_of === undefined ? {} : { oneOf: input.one_of }),
  };
  const problem = defaultProblem(result);
  if (problem) context.addIssue({ code: 'custom', message: problem, path: ['default'] });
  return result;
});

function defaultProblem(rule: EnvRule): string | undefined {
  if (rule.default === undefined) return undefined;
  if (rule.secret) return 'a secret cannot have a default: it would be readable in every release';
  if (rule.default === '') return 'is empty, and set but empty counts as missing: use required: false';
  return formatProblem(rule.default, rule);
}

/** Set by the runtime for every instance, whatever an environment says. */
const isOurs = (name: string): boolean => name === 'PORT' || name === 'HOST' || name.startsWith('GONOGO_');

const declared = variableName.refine((name) => !isOurs(name), {
  error: 'is set by gonogo for every instance and cannot be part of the contract',
});

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

const reach = template.superRefine((entry, context) => {
  const problem = reachProblem(entry);
  if (problem) context.addIssue(problem);
});

const input = section({
  env: z
    .record(declared, z.union([z.null().transform(() => rule.parse({})), rule]))
    .default({})
    .meta({
      description: 'The variables the service needs, by name. Nothing after the name: required, not secret.',
    }),
  reach: z
    .array(reach)
    .default([])
    .meta({ description: 'What must be reachable from inside the new slot before it takes traffic.' }),
  runtime: unsupported(),
});

/** `contract:` — what the service needs from any environment. */
export const contract = input.meta({
  description: 'What the service needs from any environment it runs in.',
});
