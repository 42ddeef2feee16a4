import * as z from 'zod/mini';
import { slotName, texts } from './parts.ts';

/** What runtimes find their instances again by, after a restart of the agent or of what runs them. */

const digits = z.pipe(z.string().check(z.regex(/^\d+$/)), z.transform(Number));

/** On every instance, given back as they are: by the keeper, and with a prefix by a container engine. */
export const InstanceLabels = z.strictObject({
  kind: z.literal('instance'),
  project: z.string(),
  service: z.string(),
  environment: z.string(),
  /** The target's host. */
  on: z.string(),
  slot: slotName,
  role: z.string(),
  revision: z.string(),
  index: digits,
  host: z.string(),
  port: digits,
  /** Milliseconds. */
  grace: digits,
  restarts: digits,
  /** Labels of an earlier version lack it. */
  in_a_row: z._default(digits, 0),
  /** The port inside the instance's own network. */
  inner: z.optional(digits),
});

/** A file for each instance, without secrets: written before the launch, and with the process after it. */
export const InstanceRecord = z.strictObject({
  id: z.string(),
  labels: texts,
  process: z.optional(
    z.strictObject({ boot: z.string(), pid: z.int(), startTime: z.string(), startedAt: z.number() }),
  ),
});
export type InstanceRecord = z.infer<typeof InstanceRecord>;
