import * as z from 'zod/mini';
import { some, texts } from './parts.ts';

/**
 * What the keeper is asked (`system/rpc.ts` carries it). The keeper itself imports only the types, so that it needs no
 * library; the agent, its only client, checks what comes back.
 */

/** A listening socket: bound by the keeper, never listened on by it, handed to a proxy as a descriptor. */
export const ListenerSpec = z.strictObject({
  host: z.string(),
  port: z.int().check(z.gte(0), z.lte(65_535)),
});
export type ListenerSpec = z.infer<typeof ListenerSpec>;

export const LaunchSpec = z.strictObject({
  /** Never used twice: a second launch of a key answers with the first. */
  key: z.string(),
  argv: some(z.string()),
  cwd: z.string(),
  env: texts,
  /** Output goes here, opened for appending, mode 0600. */
  output: z.string(),
  uid: z.optional(z.int()),
  gid: z.optional(z.int()),
  /** Bound sockets the child gets as descriptors 3, 4, …, in this order. */
  listeners: z.array(ListenerSpec),
  /** Start it again at once whenever it ends (proxies), until it is forgotten. */
  respawn: z.boolean(),
  /** What the launcher wants to find again, opaque to the keeper. */
  labels: texts,
});
export type LaunchSpec = z.infer<typeof LaunchSpec>;

export const Launched = z.strictObject({
  key: z.string(),
  labels: texts,
  pid: z.int(),
  startTime: z.string(),
  boot: z.string(),
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
  /** Kept until it is forgotten. */
  ended: z.optional(
    z.strictObject({ code: z.nullable(z.int()), signal: z.nullable(z.string()), at: z.number() }),
  ),
});
export type Launched = z.infer<typeof Launched>;

/** Method → what it takes → what it answers. */
export type KeeperMethods = {
  hello: { with: undefined; answers: { pid: number; version: number } };
  /** Binds (or has bound already) and answers the address with the real port. Fails with the errno as code. */
  bind: { with: ListenerSpec; answers: ListenerSpec };
  unbind: { with: ListenerSpec; answers: null };
  /** Starts a child as leader of its own process group. Fails with the errno as code (ENOENT …). */
  launch: { with: LaunchSpec; answers: Launched };
  list: { with: undefined; answers: Launched[] };
  /** Signals the process group of a launch that has not ended; answers false when it has. */
  signal: { with: { key: string; signal: string }; answers: boolean };
  /** Forgets an ended launch, and stops a respawning one from being started again. */
  forget: { with: { key: string }; answers: null };
  /** Ends the keeper if it has no child left; answers false, and stays, otherwise. */
  stop: { with: undefined; answers: boolean };
};

/** What each method answers, for the agent to check. */
export const KeeperAnswers: { [M in keyof KeeperMethods]: z.ZodMiniType<KeeperMethods[M]['answers']> } = {
  hello: z.strictObject({ pid: z.int(), version: z.int() }),
  bind: ListenerSpec,
  unbind: z.null(),
  launch: Launched,
  list: z.array(Launched),
  signal: z.boolean(),
  forget: z.null(),
  stop: z.boolean(),
};

/** Broadcast to every connection when a child ends. */
export const KeeperEvent = z.strictObject({ ended: Launched });
export type KeeperEvent = z.infer<typeof KeeperEvent>;

export const keeperVersion = 1;

/** A connection to the keeper as routers and runtimes are given it. */
export type KeeperClient = {
  /**
   * Fails with KEEPER_UNREACHABLE, with the code the keeper answered (an errno), or with CONNECTION_LOST when nobody
   * knows whether a launch was carried out; everything else is asked again by itself.
   */
  call<M extends keyof KeeperMethods>(
    method: M,
    input: KeeperMethods[M]['with'],
  ): Promise<KeeperMethods[M]['answers']>;
  /** Calls back when a child of the keeper ended; answers how to stop listening. */
  onEnded(listener: (launched: Launched) => void): () => void;
};
