import * as z from 'zod/mini';

const logs = z.strictObject({
  /** A log file larger than this is rotated; bytes. */
  bytes: z._default(z.int().check(z.gte(1024)), 10 * 1024 * 1024),
  /** How many rotated files are kept beside the current one. */
  files: z._default(z.int().check(z.gte(1), z.lte(100)), 3),
  /** How often sizes are looked at; milliseconds. */
  every: z._default(z.int().check(z.gte(50)), 2000),
});

/** How the process runtime keeps the output of instances. */
export const ProcessOptions = z.strictObject({ logs: z.prefault(logs, {}) });
export type ProcessOptions = z.infer<typeof ProcessOptions>;
