import * as z from 'zod';
import { TrafficWire } from './traffic.ts';

/**
 * What a proxy is asked over its control socket (`system/rpc.ts` carries it), and the routes file from which it serves
 * by itself after its own restart.
 */

const slotName = z.enum(['blue', 'green']);

const MemberWire = z.strictObject({
  instance: z.string(),
  host: z.string(),
  port: z.int().min(1).max(65535),
});

const SplitWire = z.union([
  z.enum(['by-instances', 'nobody']),
  z.strictObject({ blue: z.number().min(0).optional(), green: z.number().min(0).optional() }),
]);

const port = z.int().min(1).max(65535);

const amount = z.number().min(0).exactOptional();

/** What a target asks of its front; nothing at all: every request of every host. */
export const RulesWire = z.strictObject({
  /** Lower-case names; `*.shop.example` stands for one label more. None: whatever no other target has. */
  hosts: z.array(z.string()).exactOptional(),
  /** `/api` is that path and everything below it. Default: every path. */
  path: z.string().exactOptional(),
  /** While both slots take traffic a client stays in one, by a cookie of this name; `seconds`: as its Max-Age. */
  sticky: z.strictObject({ cookie: z.string(), seconds: z.int().min(1).exactOptional() }).exactOptional(),
  /** How the slot that users are not in is reached; `digest` is the SHA-256 (hex) of what `gonogo-preview` must carry. */
  preview: z
    .strictObject({
      host: z.string().exactOptional(),
      port: port.exactOptional(),
      digest: z.string().exactOptional(),
    })
    .exactOptional(),
  /** A 404 for an asset with a fingerprint in its name is asked for in the other slot. */
  assets: z.boolean().exactOptional(),
  /** The health path of a balancer in front of us: answered 200 while requests are held. */
  health: z.string().exactOptional(),
  /** What instances find in the Host field; default: what the client sent. */
  upstreamHost: z.string().exactOptional(),
  /** When a slot is drained, what lasts is closed one after another within these milliseconds. */
  drain: z.strictObject({ stream: amount, websocket: amount }).exactOptional(),
  /** Files in PEM; `redirect` is a port that answers plain requests with a redirect to here. */
  tls: z
    .strictObject({ certificate: z.string(), key: z.string(), redirect: port.exactOptional() })
    .exactOptional(),
});
export type RulesWire = z.infer<typeof RulesWire>;

/** Limits that a user may set; times in milliseconds. */
const LimitsWire = z.strictObject({
  head: amount,
  body: amount,
  bodyRate: amount,
  idleClient: amount,
  total: amount,
  connect: amount,
  answer: amount,
  silence: amount,
  halfClosed: amount,
  linger: amount,
  idleUpstream: amount,
  keepUpstream: amount,
  failures: amount,
  ejection: amount,
  slowStart: amount,
  headBytes: amount,
  fields: amount,
  uriBytes: amount,
  bodyBytes: amount,
  bufferedBytes: amount,
  connections: amount,
  connectionsPerAddress: amount,
});

/** What holds for a whole proxy, whichever target is asked for. */
export const SettingsWire = z.strictObject({
  /** Processes that share the listening sockets; default 1. */
  workers: z.int().min(1).max(64).exactOptional(),
  /** Addresses and networks (CIDR) of proxies in front of us, whose forwarded fields are believed. */
  trusted: z.array(z.string()).exactOptional(),
  /** A loopback port for Prometheus. */
  metrics: port.exactOptional(),
  /** JSON lines; `query`: with query strings. */
  log: z.strictObject({ file: z.string(), query: z.boolean() }).exactOptional(),
  limits: LimitsWire.exactOptional(),
});
export type SettingsWire = z.infer<typeof SettingsWire>;

/** One target's route through this proxy. */
export const RouteWire = z.strictObject({
  /** `targetKey` */
  target: z.string(),
  generation: z.int().min(1),
  /** The newest lease epoch that prepared a shift; an older one is refused with FENCED. */
  fence: z.int().min(0),
  split: SplitWire,
  members: z.strictObject({ blue: z.array(MemberWire), green: z.array(MemberWire) }),
  rules: RulesWire.exactOptional(),
});
export type RouteWire = z.infer<typeof RouteWire>;

const RoutesFile = z.strictObject({
  version: z.literal(1),
  routes: z.array(RouteWire),
  settings: SettingsWire.exactOptional(),
  /** What `gonogo-confirm` must carry, the same at every worker; absent: this proxy has written no file yet. */
  secret: z.string().exactOptional(),
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
    rules: RulesWire.exactOptional(),
    settings: SettingsWire.exactOptional(),
  }),
  unpublish: z.strictObject({ target }),
  members: z.strictObject({
    target,
    slot: slotName,
    members: z.array(MemberWire),
    /** Absent: under no lease. */
    fence: z.int().exactOptional(),
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
  hold: z.strictObject({ target, atMost: z.int().min(0), within: z.number().min(0) }),
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
    instances: z.array(z.string()).exactOptional(),
  }),
  /** Stop accepting, answer what is in flight with `Connection: close`, exit when nothing is left. */
  retire: z.strictObject({ deadline: z.number() }),
};

const count = z.int().min(0);

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
      slots: z.array(TrafficWire.extend({ slot: slotName, members: count, weight: z.number() })),
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
  observe: z.strictObject({ split: SplitWire, generation: z.int().min(0), settled: z.boolean() }),
  publish: z.null(),
  unpublish: z.null(),
  members: z.null(),
  prepare: z.strictObject({ token: z.string(), generation: z.int() }),
  commit: z.strictObject({ generation: z.int() }),
  drop: z.null(),
  counters: TrafficWire.extend({ incarnation: z.string() }),
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
