import { isIP } from 'node:net';
import * as z from 'zod/mini';
import type { FrontSettings, Preview } from '../domain/front.ts';
import type { Millis } from '../domain/units.ts';
import { doc, optional, parsed, rule, section, some, text, variableName, withDefault } from './section.ts';
import { duration, durationOrNone, size, sizeOrNone } from './units.ts';

const hostName = parsed(
  z.string().check(
    z.regex(/^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i, {
      error: 'must be a host name without a port; *. in front stands for one label more',
    }),
  ),
  (host) => host.toLowerCase(),
);

const authority = z.string().check(
  z.regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i, {
    error: 'must be a host name, perhaps with a port',
  }),
);

const upgrade = parsed(
  z.string().check(
    z.regex(/^[\w!#$%&'*+.^`|~-]+(\/[\w!#$%&'*+.^`|~-]+)?$/, {
      error: 'must be the name of a protocol, perhaps with a version, as in an Upgrade field',
    }),
    rule(
      (name) => !/^(h2c?|http|tls)(\/|$)/i.test(name),
      'is HTTP or TLS again: what came through it would meet none of the proxy’s rules',
    ),
  ),
  (name) => name.toLowerCase(),
);

const path = z.string().check(
  z.regex(/^\/$|^(\/[^/?#\s]+)+$/, { error: 'must be a path that begins with / and does not end with one' }),
  rule((text) => !/\/\.{1,2}(\/|$)/.test(text), 'must not hold . or .. as a part'),
);

const port = z
  .int()
  .check(
    z.gte(1, { error: 'is not a port: 1 to 65535' }),
    z.lte(65_535, { error: 'is not a port: 1 to 65535' }),
  );

const file = text.check(rule((name) => name.startsWith('/'), 'must be an absolute path'));

const network = z
  .string()
  .check(rule(isNetwork, 'is not an address or a network: write 10.0.0.1 or 10.0.0.0/8'));

const cookieName = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'must be letters, digits, - and _' }));

const count = z.int().check(z.gte(1, { error: 'must be at least 1' }));

/** Absent limits stay absent, so that services which share an address do not undo each other's. */
const limits = parsed(
  section({
    head: optional(duration(), 'A request’s head must be complete within this. Default 20s.'),
    body: optional(
      duration(),
      'Silence in the middle of a request’s body, or of a client that does not read. Default 60s.',
    ),
    idle: optional(duration(), 'A connection without a request is closed after this. Default 75s.'),
    total: optional(
      durationOrNone,
      'One request with its answer in all, or none; what it waits while nobody serves does not count. Default none.',
    ),
    connect: optional(duration(), 'An instance must accept a connection within this. Default 3s.'),
    answer: optional(duration(), 'Silence of an instance before the head of its answer. Default 60s.'),
    idle_upstream: optional(
      duration(),
      'How long a connection to an instance is kept for another request; a second less than the instance keeps it. Default 1s.',
    ),
    silence: optional(
      duration(),
      'Silence of an instance in the middle of an answer that is no event stream; or of a switched connection, once one side has ended its half. Default 300s.',
    ),
    body_rate: optional(
      size(),
      'A request’s body must come with so much a second, once the first has come within body. Default 500B.',
    ),
    failures: optional(
      count,
      'So many requests in a row without an answer leave an instance out; a refused connection does so at once. Default 5.',
    ),
    ejection: optional(
      duration(),
      'An instance that is left out is tried again after this, and after twice as long each time. Default 1s.',
    ),
    slow_start: optional(
      durationOrNone,
      'An instance that joins others reaches its full share within this, or none. Default 10s.',
    ),
    head_size: optional(size(), 'Request line and fields together; more is answered 431. Default 32KB.'),
    fields: optional(count, 'Request fields; more is answered 431. Default 100.'),
    uri_size: optional(size(), 'Path and query; more is answered 414. Default 8KB.'),
    body_size: optional(sizeOrNone, 'A request’s body, or none; more is answered 413. Default 1GB.'),
    buffer: optional(size(), 'Kept in memory for each direction of a connection. Default 64KB.'),
    held: optional(
      size(),
      'Kept in memory by each worker of the bodies of all requests that wait while nobody serves, beyond 64KB of each; more is not read until somebody does. Default 16MB.',
    ),
    connections: optional(count, 'Client connections in all, of each worker. Default 20000.'),
    connections_per_address: optional(
      z.union([
        z.pipe(
          z.literal('none'),
          z.transform(() => 0),
        ),
        count,
      ]),
      'Client connections of one address (of IPv6: one /64) with each worker, or none; this machine and trusted proxies are not limited. Default 4000.',
    ),
  }),
  (written) => {
    const {
      idle,
      idle_upstream,
      head_size,
      uri_size,
      body_size,
      buffer,
      held,
      connections_per_address,
      ...more
    } = written;
    const { body_rate, slow_start, ...rest } = more;
    return {
      ...rest,
      ...(idle === undefined ? {} : { idleClient: idle }),
      ...(idle_upstream === undefined ? {} : { idleUpstream: idle_upstream }),
      ...(body_rate === undefined ? {} : { bodyRate: body_rate }),
      ...(slow_start === undefined ? {} : { slowStart: slow_start }),
      ...(head_size === undefined ? {} : { headBytes: head_size }),
      ...(uri_size === undefined ? {} : { uriBytes: uri_size }),
      ...(body_size === undefined ? {} : { bodyBytes: body_size }),
      ...(buffer === undefined ? {} : { bufferedBytes: buffer }),
      ...(held === undefined ? {} : { heldBytes: held }),
      ...(connections_per_address === undefined ? {} : { connectionsPerAddress: connections_per_address }),
    };
  },
);

/** What keeps a client in its slot. */
export const stickyCookie = 'gonogo_slot';

const sticky = z.union([
  parsed(z.literal(true), () => ({ cookie: stickyCookie })),
  section({
    cookie: withDefault(cookieName, stickyCookie, 'The cookie’s name.'),
    for: optional(duration(1000), 'What it lasts. Default: the browser’s session.'),
  }),
]);

/** No client waits longer, and a timer of more than 24 days would end at once. */
const longestHold: Millis = 3_600_000;

const log = z.union([
  parsed(z.literal(true), () => ({ query: false })),
  section({
    file: optional(file, 'Default: proxies/ADDRESS.access.log in the state folder. Rename it to rotate it.'),
    query: withDefault(z.boolean(), false, 'Whether query strings are written too.'),
  }),
]);

const written = section({
  hosts: optional(
    some(hostName, 'must name at least one host'),
    'The host names this service is asked by. Default: every host that no other service at this address has.',
  ),
  path: optional(path, 'Only this path and everything below it; the longest path wins. Default: every path.'),
  sticky: optional(sticky, 'While both slots take traffic a client stays in one, by a cookie.'),
  assets: optional(
    z.boolean(),
    'A 404 for a file with a fingerprint in its name is asked for in the other slot, for pages that came from there. Default false.',
  ),
  health: optional(path, 'The health path of a balancer in front: answered 200 while requests are held.'),
  upstream_host: optional(
    authority,
    'What instances find in the Host field; X-Forwarded-Host has what the client sent. Default: what the client sent.',
  ),
  upgrades: optional(
    z.array(upgrade),
    'The protocols that a connection may be switched to when a client asks for it (Upgrade) and an instance agrees. Default websocket.',
  ),
  drain: optional(
    section({
      streams: optional(duration(), 'For event streams. Default: stop.grace, which none exceeds.'),
      websockets: optional(
        duration(),
        'For WebSockets, and all else that a connection was switched to. Default: stop.grace, which none exceeds.',
      ),
    }),
    'What still lasts when a release is retired is closed within this, one after another, so that not all come back at once.',
  ),
  hold: optional(
    section({
      within: optional(
        durationOrNone.check(rule((within) => within <= longestHold, 'must be at most 1h')),
        'For how long, at most 1h; after that they are answered 503. Default 30s.',
      ),
      requests: optional(count, 'How many may wait at once; more are answered 503. Default 1000.'),
    }),
    'While nobody serves, as in the middle of an in-place rollout, requests wait.',
  ),
  tls: optional(
    section({
      certificate: doc(file, 'A PEM file with the certificate and its chain; read again when it changes.'),
      key: doc(file, 'Its private key, in PEM.'),
      redirect: optional(port, 'A port for plain HTTP that redirects to here.'),
    }),
    'Users speak HTTPS with the front; several certificates at one address are chosen by the name that is asked for.',
  ),
  workers: optional(count.check(z.lte(64)), 'Proxy processes that share the address. Default 1.'),
  trusted: optional(
    z.array(network),
    'Addresses and networks of proxies in front, whose X-Forwarded-* and Forwarded fields are believed. Default none.',
  ),
  metrics: optional(port, 'A port on 127.0.0.1 where Prometheus reads /metrics. Default none.'),
  log: optional(log, 'An access log as JSON lines. Default none.'),
  limits: optional(limits, 'What a client or an instance may take.'),
});

/** `proxy:` of an environment — what its front does beyond forwarding. */
export const proxy = parsed(written, ({ upstream_host, hold, ...rest }) => ({
  ...rest,
  ...(upstream_host === undefined ? {} : { upstreamHost: upstream_host }),
  ...(hold === undefined ? {} : { hold: holdOf(hold) }),
}));

const holdOf = ({ requests, ...rest }: NonNullable<z.output<typeof written>['hold']>) => ({
  ...rest,
  ...(requests === undefined ? {} : { atMost: requests }),
});

/** `preview:` of an environment — how the slot without users is reached. */
export const preview = z.union([
  parsed(hostName, (host): Preview => ({ host })),
  parsed(
    section({
      host: optional(hostName, 'By a host name of its own.'),
      port: optional(port, 'By a port of its own, at the address of listen:.'),
      secret: optional(
        variableName,
        'By the field gonogo-preview with the value of this variable of the contract.',
      ),
    }),
    (written, refuse): Preview =>
      Object.keys(written).length > 0 ? written : refuse('must have host, port or secret'),
  ),
]);

/** Undefined when nothing is asked for. */
export function frontOf(
  written: z.output<typeof proxy>,
  preview: Preview | undefined,
): FrontSettings | undefined {
  const settings: FrontSettings = { ...written, ...(preview ? { preview } : {}) };
  return Object.keys(settings).length > 0 ? settings : undefined;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
