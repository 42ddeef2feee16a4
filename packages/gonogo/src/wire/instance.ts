import * as z from 'zod';

/** What runtimes find their instances again by, after a restart of the agent or of what runs them. */

const count = z.string().regex(/^\d+$/).transform(Number);

/** On every instance, given back as they are: by the keeper, and with a prefix by a container engine. */
export const InstanceLabels = z.strictObject({
  kind: z.literal('instance'),
  project: z.string(),
  service: z.string(),
  environment: z.string(),
  /** The target's host. */
  on: z.string(),
  slot: z.enum(['blue', 'green']),
  role: z.string(),
  revision: z.string(),
  index: count,
  host: z.string(),
  port: count,
  /** Milliseconds. */
  grace: count,
  restarts: count,
  /** Labels of an earlier version lack it. */
  in_a_row: count.default(0),
  /** The port inside the instance's own network. */
  inner: count.optional(),
});

/** A file for each instance, without secrets: written before the launch, and with the process after it. */
export const InstanceRecord = z.strictObject({
  id: z.string(),
  labels: z.record(z.string(), z.string()),
  process: z
    .strictObject({ boot: z.string(), pid: z.int(), startTime: z.string(), startedAt: z.number() })
    .optional(),
});
export type InstanceRecord = z.infer<typeof InstanceRecord>;
