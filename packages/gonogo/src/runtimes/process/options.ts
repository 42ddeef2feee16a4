import * as z from 'zod';

/** How the process runtime keeps the output of instances. */
export const ProcessOptions = z.strictObject({
  logs: z
    .strictObject({
      /** A log file larger than this is rotated; bytes. */
      bytes: z
        .int()
        .min(1024)
        .default(10 * 1024 * 1024),
      /** How many rotated files are kept beside the current one. */
      files: z.int().min(1).max(100).default(3),
      /** How often sizes are looked at; milliseconds. */
      every: z.int().min(50).default(2000),
    })
    .prefault({}),
});
export type ProcessOptions = z.infer<typeof ProcessOptions>;
