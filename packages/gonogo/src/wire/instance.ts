import * as z from 'zod';

/** What the process runtime finds its instances again by, after a restart of the agent or of the keeper. */

const count = z.string().regex(/^\d+$/).transform(Number);

/** On every launch of an instance; the keeper gives them back as they are. */
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
