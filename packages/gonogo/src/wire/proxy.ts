import * as z from 'zod/mini';
import { amount, count, port, positive, slotName } from './parts.ts';
import { TrafficWire } from './traffic.ts';

/**
 * What a proxy is asked over its control socket (`system/rpc.ts` carries it), and the routes file from which it serves
 * by itself after its own restart.
 */

const MemberWire = z.strictObject({
  instance: z.string(),
  host: z.string(),
  port,
});

const SplitWire = z.union([
  z.enum(['by-instances', 'nobody']),
  z.strictObject({ blue: z.optional(amount), green: z.optional(amount) }),
]);

const limit = z.exactOptional(amount);

/** What a target asks of its front; nothing at all: every request of every host. */
export const RulesWire = z.strictObject({
  /** Lower-case names; `*.shop.example` stands for one label more. None: whatever no other target has. */
  hosts: z.exactOptional(z.array(z.string())),
  /** `/api` is that path and everything below it. Default: every path. */
  path: z.exactOptional(z.string()),
  /** While both slots take traffic a client stays in one, by a cookie of this name; `seconds`: as its Max-Age. */
  sticky: z.exactOptional(z.strictObject({ cookie: z.string(), seconds: z.exactOptional(positive) })),
  /** How the slot that users are not in is reached; `digest` is the SHA-256 (hex) of what `gonogo-preview` must carry. */
  preview: z.exactOptional(
    z.strictObject({
      host: z.exactOptional(z.string()),
      port: z.exactOptional(port),
      digest: z.exactOptional(z.string()),
    }),
  ),
  /** A 404 for an asset with a fingerprint in its name is asked for in the other slot. */
  assets: z.exactOptional(z.boolean()),
  /** The health path of a balancer in front of us: answered 200 while requests are held. */
  health: z.exactOptional(z.string()),
  /** What instances find in the Host field; default: what the client sent. */
  upstreamHost: z.exactOptional(z.string()),
  /** The protocols that connections may be switched to, in lower case; default: WebSocket. */
  upgrades: z.exactOptional(z.array(z.string())),
  /** When a slot is drained, what lasts is closed one after another within these milliseconds. */
  drain: z.exactOptional(z.strictObject({ stream: limit, websocket: limit })),
  /** Files in PEM; `redirect` is a port that answers plain requests with a redirect to here. */
  tls: z.exactOptional(
    z.strictObject({ certificate: z.string(), key: z.string(), redirect: z.exactOptional(port) }),
  ),
});
export type RulesWire = z.infer<typeof RulesWire>;

/** Limits that a user may set; times in milliseconds. */
const LimitsWire = z.strictObject({
  head: limit,
  body: limit,
  bodyRate: limit,
  idleClient: limit,
  total: limit,
  connect: limit,
  answer: limit,
  silence: limit,
  halfClosed: limit,
  linger: limit,
  idleUpstream: limit,
  keepUpstream: limit,
  failures: limit,
  ejection: limit,
  slowStart: limit,
  headBytes: limit,
  fields: limit,
  uriBytes: limit,
  bodyBytes: limit,
  bufferedBytes: limit,
  heldBytes: limit,
  connections: limit,
  connectionsPerAddress: limit,
});

/** What holds for a whole proxy, whichever target is asked for. */
export const SettingsWire = z.strictObject({
  /** Processes that share the listening sockets; default 1. */
  workers: z.exactOptional(z.int().check(z.gte(1), z.lte(64))),
  /** Addresses and networks (CIDR) of proxies in front of us, whose forwarded fields are believed. */
  trusted: z.exactOptional(z.array(z.string())),
  /** A loopback port for Prometheus. */
  metrics: z.exactOptional(port),
  /** JSON lines; `query`: with query strings. */
  log: z.exactOptional(z.strictObject({ file: z.string(), query: z.boolean() })),
  limits: z.exactOptional(LimitsWire),
});
export type SettingsWire = z.infer<typeof SettingsWire>;

/** One target's route through this proxy. */
export const RouteWire = z.strictObject({
  /** `targetKey` */
  target: z.string(),
  generation: positive,
  /** The newest lease epoch that prepared a shift; an older one is refused with FENCED. */
  fence: count,
  split: SplitWire,
  members: z.strictObject({ blue: z.array(MemberWire), green: z.array(MemberWire) }),
  rules: z.exactOptional(RulesWire),
  /** Requests wait, so that a process that is started meanwhile has them wait as well; `until` in epoch milliseconds. */
  hold: z.exactOptional(z.strictObject({ atMost: count, within: amount, until: amount })),
});
export type RouteWire = z.infer<typeof RouteWire>;

const RoutesFile = z.strictObject({
  version: z.literal(1),
  routes: z.array(RouteWire),
  settings: z.exactOptional(SettingsWire),
  /** What `gonogo-confirm` must carry, the same at every worker; absent: this proxy has written no file yet. */
  secret: z.exactOptional(z.string()),
});
export type RoutesFile = z.infer<typeof RoutesFile>;

const target = z.string();

/** Inputs by method; the proxy checks each before it acts. */
export const ProxyInputs = {
  hello: z.undefined(),
  observe: z.strictObject({ target }),
  /**
   * Absent rules and settings are the defaults. Refused with TAKEN if another target has the same host and path, and
   * with BAD_CERTIFICATE if its certificate cannot be used. Settings that are not named stay while other targets are
   * served here as well.
   */
  publish: z.strictObject({
    target,
    rules: z.exactOptional(RulesWire),
    settings: z.exactOptional(SettingsWire),
  }),
  unpublish: z.strictObject({ target }),
  members: z.strictObject({
    target,
    slot: slotName,
    members: z.array(MemberWire),
    /** Absent: under no lease. */
    fence: z.exactOptional(z.int()),
  }),
  /** Compare-and-swap: refused with MOVED unless the split is `from`. */
  prepare: z.strictObject({ target, from: SplitWire, to: SplitWire, fence: z.int() }),
  commit: z.strictObject({ token: z.string() }),
  drop: z.strictObject({ token: z.string() }),
  counters: z.strictObject({ target, slot: slotName }),
  /**
   * New requests of a target wait: `atMost` of them (one more is answered 503), and for `within` milliseconds from now at
   * most, after which they go where the split says, as they do after `release`.
   */
  hold: z.strictObject({ target, atMost: count, within: amount }),
  release: z.strictObject({ target }),
  /** A worker that does not write the routes file reads it again. */
  reload: z.undefined(),
  /** Everything this process has counted. */
  stats: z.undefined(),
  /** The counts of all workers as Prometheus reads them. */
  metrics: z.undefined(),
  /** Resolves when nothing is in flight to a slot, or at the deadline, before which what lasts is closed. */
  drain: z.strictObject({
    target,
    slot: slotName,
    deadline: z.number(),
    /** Only what is in flight to these counts. */
    instances: z.exactOptional(z.array(z.string())),
  }),
  /**
   * Stop accepting, which it has done when this is answered; answer what is in flight with `Connection: close`, and exit
   * when nothing is left.
   */
  retire: z.strictObject({ deadline: z.number() }),
};

export const StatsWire = z.strictObject({
  pid: z.int(),
  /** Seconds since the epoch. */
  startedAt: z.number(),
  rss: count,
  /** Seconds of processor time. */
  cpu: z.number(),
  connections: count,
  targets: z.array(
    z.strictObject({
      target: z.string(),
      generation: z.int(),
      held: count,
      slots: z.array(z.extend(TrafficWire, { slot: slotName, members: count, weight: z.number() })),
    }),
  ),
});
export type StatsWire = z.infer<typeof StatsWire>;

export const ProxyAnswers = {
  /**
   * `secret` lets `gonogo-confirm: <secret>` on a request ask which slot answered (`gonogo-slot` on the answer).
   * `listen` are the addresses this proxy accepts on; the first is the one it has its name from. `program` is the file
   * it was started from.
   */
  hello: z.strictObject({
    pid: z.int(),
    version: z.int(),
    program: z.string(),
    secret: z.string(),
    listen: z.array(z.strictObject({ host: z.string(), port: z.int() })),
  }),
  observe: z.strictObject({ split: SplitWire, generation: count, settled: z.boolean() }),
  publish: z.null(),
  unpublish: z.null(),
  members: z.null(),
  prepare: z.strictObject({ token: z.string(), generation: z.int() }),
  commit: z.strictObject({ generation: z.int() }),
  drop: z.null(),
  counters: z.extend(TrafficWire, { incarnation: z.string() }),
  hold: z.null(),
  release: z.null(),
  reload: z.null(),
  stats: StatsWire,
  metrics: z.string(),
  /** `cut`: what was still in flight at the deadline, and breaks when its instance is stopped. */
  drain: z.strictObject({ closed: z.int(), cut: z.int() }),
  retire: z.null(),
};

export type ProxyMethod = keyof typeof ProxyInputs;
export type ProxyInput<M extends ProxyMethod> = z.infer<(typeof ProxyInputs)[M]>;
export type ProxyAnswer<M extends ProxyMethod> = z.infer<(typeof ProxyAnswers)[M]>;
export const proxyVersion = 1;
