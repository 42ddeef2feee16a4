import * as z from 'zod';

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

/** One target's route through this proxy. */
export const RouteWire = z.strictObject({
  /** `targetKey` */
  target: z.string(),
  generation: z.int().min(1),
  /** The newest lease epoch that prepared a shift; an older one is refused with FENCED. */
  fence: z.int().min(0),
  split: SplitWire,
  members: z.strictObject({ blue: z.array(MemberWire), green: z.array(MemberWire) }),
});
export type RouteWire = z.infer<typeof RouteWire>;

export const RoutesFile = z.strictObject({ version: z.literal(1), routes: z.array(RouteWire) });
export type RoutesFile = z.infer<typeof RoutesFile>;

const target = z.string();

/** Inputs by method; the proxy checks each before it acts. */
export const ProxyInputs = {
  hello: z.undefined(),
  observe: z.strictObject({ target }),
  publish: z.strictObject({ target }),
  unpublish: z.strictObject({ target }),
  members: z.strictObject({ target, slot: slotName, members: z.array(MemberWire) }),
  /** Compare-and-swap: refused with MOVED unless the split is `from`. */
  prepare: z.strictObject({ target, from: SplitWire, to: SplitWire, fence: z.int() }),
  commit: z.strictObject({ token: z.string() }),
  drop: z.strictObject({ token: z.string() }),
  counters: z.strictObject({ target, slot: slotName }),
  /** Resolves when nothing is in flight to a slot, or at the deadline. */
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

export const ProxyAnswers = {
  /**
   * `secret` lets `gonogo-confirm: <secret>` on a request ask which slot answered (`gonogo-slot` on the answer).
   * `listen` are the addresses this proxy accepts on.
   */
  hello: z.strictObject({
    pid: z.int(),
    version: z.int(),
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
  counters: z.strictObject({
    incarnation: z.string(),
    requests: z.int(),
    errors: z.int(),
    inFlight: z.int(),
    latency: z.strictObject({ bounds: z.array(z.number()), counts: z.array(z.int()) }),
  }),
  /** `cut`: what was still in flight at the deadline, and breaks when its instance is stopped. */
  drain: z.strictObject({ drained: z.boolean(), cut: z.int() }),
  retire: z.null(),
};

export type ProxyMethod = keyof typeof ProxyInputs;
export type ProxyInput<M extends ProxyMethod> = z.infer<(typeof ProxyInputs)[M]>;
export type ProxyAnswer<M extends ProxyMethod> = z.infer<(typeof ProxyAnswers)[M]>;
export const proxyVersion = 1;
