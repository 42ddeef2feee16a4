import * as z from 'zod/mini';
import type { CheckSpec } from '../domain/check.ts';
import { expectation } from './expect.ts';
import {
  command,
  doc,
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
import { duration, parseDuration } from './units.ts';

const methods = ['get', 'post', 'put', 'patch', 'delete', 'head'] as const;
const kinds = [...methods, 'tcp', 'postgres', 'run', 'env'] as const;
type Kind = (typeof kinds)[number];

const httpOnly = ['headers', 'body', 'expect'] as const;

/** How long a check may take where it says nothing. */
const timeouts = { http: '5s', tcp: '3s', postgres: '5s', run: '1m', env: '1s' } as const;

const url = template.check(
  z.regex(/^(\/(?!\/)|https?:\/\/|\$\{)\S*$/i, {
    error: 'must be a path that begins with /, or an http(s) URL',
  }),
);

const asks = (method: string) => optional(url, `Asks a path of the service, or a URL, with ${method}.`);

const database = template.check(
  z.regex(/^(postgres(ql)?:\/\/|\$\{)\S*$/, {
    error: `must be a postgres:// URL, or \${NAME} that holds one`,
  }),
  rule(
    (value) => !/^[^/]*\/\/[^/@]*:[^/@$]+@/.test(value),
    `holds a password: keep it in a variable and write \${NAME}`,
  ),
);

const times = z.int().check(z.gte(0), z.lte(100));

const retry = z.union([
  parsed(times, (count) => ({ times: count, delay: 500 })),
  section({
    times: doc(z.clone(times), 'How often it is asked again.'),
    delay: withDefault(duration(0), '500ms', 'Before the first repetition; doubles with each.'),
  }),
]);

const something = text.check(z.minLength(1));

const input = section({
  name: optional(something.check(z.maxLength(200)), 'Default: the question itself, as GET /status.'),
  get: asks('GET'),
  post: asks('POST'),
  put: asks('PUT'),
  patch: asks('PATCH'),
  delete: asks('DELETE'),
  head: asks('HEAD'),
  tcp: optional(
    template.check(z.regex(/^(tcp:\/\/)?\S+$/, { error: 'must be host:port' })),
    'Connects to host:port.',
  ),
  postgres: optional(database, 'Logs in to PostgreSQL and runs a query.'),
  run: optional(command, 'Runs a command; GONOGO_TARGET is the base URL. Exit code 0 passes.'),
  env: optional(variableName, 'Looks at a variable, by its rule in contract.env.'),
  headers: optional(z.record(z.string(), template), 'Sent with the request.'),
  body: optional(
    z.union([template, z.record(z.string(), z.unknown()), z.array(z.unknown())]),
    'Sent with the request: text, or a value that is sent as JSON.',
  ),
  query: optional(something, 'For postgres. Default: SELECT 1.'),
  expect: optional(expectation, 'What the answer must be.'),
  timeout: optional(duration(), 'For each attempt. Default: HTTP and postgres 5s, tcp 3s, run 1m.'),
  retry: optional(retry, 'How often it is asked again when nothing stable answered. Default: never.'),
  tags: withDefault(z.array(something), [], 'What --tag selects by.'),
});

type Input = z.output<typeof input>;

/** One entry of `checks:`; exactly one key says what is asked. */
const check = parsed(input, (value, refuse): CheckSpec => {
  const asked = kinds.filter((kind) => value[kind] !== undefined);
  const [kind] = asked;
  if (kind === undefined) return refuse(`must have one of ${kinds.join(', ')}`);
  if (asked.length > 1) return refuse(`asks ${asked.join(' and ')}: make it ${asked.length} checks`);
  for (const key of strayKeys(value, kind)) refuse(`means nothing for ${kind}: take it away`, [key]);
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
export const checks = some(check, 'must hold at least one check: zero checks prove nothing').check(
  z.superRefine((all, context) => {
    all.forEach(({ name }, index) => {
      if (all.findIndex((other) => other.name === name) < index) {
        context.addIssue({ code: 'custom', message: `another check is called "${name}"`, path: [index] });
      }
    });
  }),
);
