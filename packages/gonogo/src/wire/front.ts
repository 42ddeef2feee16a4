import * as z from 'zod';
import type { FrontSettings } from '../domain/front.ts';

const port = z.int().min(1).max(65535);
const name = z.string().min(1).max(255);
const path = z.string().regex(/^\//).max(1024);
const file = z.string().regex(/^\//).max(4096);
const millis = z.number().min(0).exactOptional();
const amount = z.int().min(0).exactOptional();

/** What an environment asks of its front. */
export const FrontWire = z.strictObject({
  hosts: z.array(name).max(1000).exactOptional(),
  path: path.exactOptional(),
  preview: z
    .strictObject({
      host: name.exactOptional(),
      port: port.exactOptional(),
      secret: name.exactOptional(),
    })
    .exactOptional(),
  sticky: z.strictObject({ cookie: name, for: millis }).exactOptional(),
  assets: z.boolean().exactOptional(),
  health: path.exactOptional(),
  upstreamHost: name.exactOptional(),
  drain: z.strictObject({ streams: millis, websockets: millis }).exactOptional(),
  hold: z.strictObject({ atMost: amount, within: millis }).exactOptional(),
  tls: z.strictObject({ certificate: file, key: file, redirect: port.exactOptional() }).exactOptional(),
  workers: z.int().min(1).max(64).exactOptional(),
  trusted: z.array(z.string().max(64)).max(1000).exactOptional(),
  metrics: port.exactOptional(),
  log: z.strictObject({ file: file.exactOptional(), query: z.boolean() }).exactOptional(),
  limits: z
    .strictObject({
      head: millis,
      body: millis,
      idleClient: millis,
      total: millis,
      connect: millis,
      answer: millis,
      idleUpstream: millis,
      silence: millis,
      bodyRate: amount,
      failures: amount,
      ejection: millis,
      slowStart: millis,
      headBytes: amount,
      fields: amount,
      uriBytes: amount,
      bodyBytes: amount,
      bufferedBytes: amount,
      connections: amount,
      connectionsPerAddress: amount,
    })
    .exactOptional(),
}) satisfies z.ZodType<FrontSettings>;
