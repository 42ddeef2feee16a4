import { z } from 'zod';
import type { CheckSpec } from '../domain/check.ts';
import { expectation } from './expect.ts';
import { command, section, template, text, variableName } from './section.ts';
import { duration, parseDuration } from './units.ts';

const methods = ['get', 'post', 'put', 'patch', 'delete', 'head'] as const;
const kinds = [...methods, 'tcp', 'postgres', 'run', 'env'] as const;
type Kind = (typeof kinds)[number];

const httpOnly = ['headers', 'body', 'expect'] as const;

/** How long a check may take where it says nothing. */
const timeouts = { http: '5s', tcp: '3s', postgres: '5s', run: '1m', env: '1s' } as const;

const url = template
  .regex(/^(\/(?!\/)|https?:\/\/|\$\{)\S*$/i, {
    error: 'must be a path that begins with /, or an http(s) URL',
  })
  .exactOptional();

const retry = z.union([
  z
    .int()
    .min(0)
    .max(100)
    .transform((times) => ({ times, delay: 500 })),
  section({
    times: z.int().min(0).max(100).meta({ description: 'How often it is asked again.' }),
    delay: duration(0)
      .prefault('500ms')
      .meta({ description: 'Before the first repetition; doubles with each.' }),
  }),
]);

const input = section({
  name: text
    .min(1)
    .max(200)
    .exactOptional()
    .meta({ description: 'Default: the question itself, as GET /status.' }),
  get: url.meta({ description: 'Asks a path of the service, or a URL.' }),
  post: url,
  put: url,
  patch: url,
  delete: url,
  head: url,
  tcp: template
    .regex(/^(tcp:\/\/)?\S+$/, { error: 'must be host:port' })
    .exactOptional()
    .meta({ description: 'Connects to host:port.' }),
  postgres: template
    .regex(/^(postgres(ql)?:\/\/|\$\{)\S*$/, {
      error: `must be a postgres:// URL, or \${NAME} that holds one`,
    })
    .refine((value) => !/^[^/]*\/\/[^/@]*:[^/@$]+@/.test(value), {
      error: `holds a password: keep it in a variable and write \${NAME}`,
    })
    .exactOptional()
    .meta({ description: 'Logs in to PostgreSQL and runs a query.' }),
  run: command
    .exactOptional()
    .meta({ description: 'Runs a command; GONOGO_TARGET is the base URL. Exit code 0 passes.' }),
  env: variableName
    .exactOptional()
    .meta({ description: 'Looks at a variable, by its rule in contract.env.' }),
  headers: z.record(z.string(), template).exactOptional().meta({ description: 'Sent with the request.' }),
  body: z
    .union([template, z.record(z.string(), z.unknown()), z.array(z.unknown())])
    .exactOptional()
    .meta({ description: 'Sent with the request: text, or a value that is sent as JSON.' }),
  query: text.min(1).exactOptional().meta({ description: 'For postgres. Default: SELECT 1.' }),
  expect: expectation.exactOptional(),
  timeout: duration()
    .exactOptional()
    .meta({ description: 'For each attempt. Default: HTTP and postgres 5s, tcp 3s, run 1m.' }),
  retry: retry
    .exactOptional()
    .meta({ description: 'How often it is asked again when nothing stable answered. Default: never.' }),
  tags: z.array(text.min(1)).default([]).meta({ description: 'What --tag selects by.' }),
});

type Input = z.output<typeof input>;

/** One entry of `checks:`; exactly one key says what is asked. */
export const check = input.transform((value, context): CheckSpec => {
  const asked = kinds.filter((kind) => value[kind] !== undefined);
  const [kind] = asked;
  if (kind === undefined || asked.length > 1) {
    context.addIssue(
      kind
        ? `asks ${asked.join(' and ')}: make it ${asked.length} checks`
        : `must have one of ${kinds.join(', ')}`,
    );
    return z.NEVER;
  }
  for (const key of strayKeys(value, kind)) {
    context.addIssue({ code: 'custom', message: `means nothing for ${kind}: take it away`, path: [key] });
  }
  return specOf(value, kind);
});

function strayKeys(value: Input, kind: Kind): string[] {
  const stray: string[] = isMethod(kind) ? [] : httpOnly.filter((key) => value[key] !== undefined);
  if (kind !== 'postgres' && value.query !== undefined) stray.push('query');
  if (kind === 'env' && value.timeout !== undefined) stray.push('timeout');
  if (kind === 'env' && value.retry !== undefined) stray.push('retry');
  return stray;
}

function specOf(value: Input, kind: Kind): CheckSpec {
  const base = (timeout: keyof typeof timeouts, named: string) => ({
    name: value.name ?? named,
    timeout: value.timeout ?? parseDuration(timeouts[timeout]) ?? 0,
    retry: value.retry ?? { times: 0, delay: 500 },
    tags: value.tags,
  });
  if (kind === 'tcp') return { ...base('tcp', `tcp ${value.tcp}`), kind, address: value.tcp ?? '' };
  if (kind === 'postgres') {
    return {
      ...base('postgres', `postgres ${value.postgres}`),
      kind,
      url: value.postgres ?? '',
      query: value.query ?? 'SELECT 1',
    };
  }
  if (kind === 'run')
    return { ...base('run', `run ${value.run?.join(' ')}`), kind, command: value.run ?? [] };
  if (kind === 'env') {
    // The contract's own rule, where there is one, is put in its place when the file is assembled.
    return {
      ...base('env', `env ${value.env}`),
      kind,
      variable: value.env ?? '',
      rule: { secret: true, required: true },
    };
  }
  return { ...base('http', `${kind.toUpperCase()} ${value[kind]}`), ...httpOf(value, kind) };
}

function httpOf(value: Input, method: (typeof methods)[number]) {
  const json = typeof value.body === 'object';
  const headers = value.headers ?? {};
  const typed = Object.keys(headers).some((header) => header.toLowerCase() === 'content-type');
  return {
    kind: 'http' as const,
    method: method.toUpperCase(),
    url: value[method] ?? '',
    headers: json && !typed ? { ...headers, 'content-type': 'application/json' } : headers,
    ...(value.body === undefined
      ? {}
      : { body: typeof value.body === 'string' ? value.body : JSON.stringify(value.body) }),
    expect: value.expect ?? {},
  };
}

const isMethod = (kind: Kind): kind is (typeof methods)[number] =>
  (methods as readonly string[]).includes(kind);

/** `checks:` — the smoke test. Two checks of one name could not be told apart in a report. */
export const checks = z
  .array(check)
  .min(1, { error: 'must hold at least one check: zero checks prove nothing' })
  .superRefine((all, context) => {
    all.forEach(({ name }, index) => {
      if (all.findIndex((other) => other.name === name) < index) {
        context.addIssue({ code: 'custom', message: `another check is called "${name}"`, path: [index] });
      }
    });
  })
  .meta({ description: 'The smoke test.' });
