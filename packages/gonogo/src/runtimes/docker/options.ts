import * as z from 'zod';

/** How the docker runtime talks to its engine and keeps the output of containers. */
export const DockerOptions = z.strictObject({
  /** How long the engine may take for an answer; milliseconds. A start on a busy machine takes seconds. */
  timeout: z.int().min(100).default(120_000),
  logs: z
    .strictObject({
      /** A container's log file larger than this is rotated; bytes. */
      bytes: z
        .int()
        .min(1024)
        .default(10 * 1024 * 1024),
      /** How many log files a container has at most, the current one included. */
      files: z.int().min(1).max(100).default(4),
    })
    .prefault({}),
});
export type DockerOptions = z.infer<typeof DockerOptions>;
