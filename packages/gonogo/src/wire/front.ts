import * as z from 'zod/mini';
import type { FrontSettings } from '../domain/front.ts';
import { amount, count, filled, port, text } from './parts.ts';

const name = filled(255);
const path = z.string().check(z.regex(/^\//), z.maxLength(1024));
const file = z.string().check(z.regex(/^\//), z.maxLength(4096));
const millis = z.exactOptional(amount);
const limit = z.exactOptional(count);

const preview = z.strictObject({
  host: z.exactOptional(name),
  port: z.exactOptional(port),
  secret: z.exactOptional(name),
});

const tls = z.strictObject({ certificate: file, key: file, redirect: z.exactOptional(port) });

const limits = z.strictObject({
  head: millis,
  body: millis,
  idleClient: millis,
  total: millis,
  connect: millis,
  answer: millis,
  idleUpstream: millis,
  silence: millis,
  bodyRate: limit,
  failures: limit,
  ejection: millis,
  slowStart: millis,
  headBytes: limit,
  fields: limit,
  uriBytes: limit,
  bodyBytes: limit,
  bufferedBytes: limit,
  heldBytes: limit,
  connections: limit,
  connectionsPerAddress: limit,
});

/** What an environment asks of its front. */
export const FrontWire = z.strictObject({
  hosts: z.exactOptional(z.array(name).check(z.maxLength(1000))),
  path: z.exactOptional(path),
  preview: z.exactOptional(preview),
  sticky: z.exactOptional(z.strictObject({ cookie: name, for: millis })),
  assets: z.exactOptional(z.boolean()),
  health: z.exactOptional(path),
  upstreamHost: z.exactOptional(name),
  upgrades: z.exactOptional(z.array(name).check(z.maxLength(100))),
  drain: z.exactOptional(z.strictObject({ streams: millis, websockets: millis })),
  hold: z.exactOptional(z.strictObject({ atMost: limit, within: millis })),
  tls: z.exactOptional(tls),
  workers: z.exactOptional(z.int().check(z.gte(1), z.lte(64))),
  trusted: z.exactOptional(z.array(text(64)).check(z.maxLength(1000))),
  metrics: z.exactOptional(port),
  log: z.exactOptional(z.strictObject({ file: z.exactOptional(file), query: z.boolean() })),
  limits: z.exactOptional(limits),
}) satisfies z.ZodMiniType<FrontSettings>;
