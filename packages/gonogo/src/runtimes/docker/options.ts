import * as z from 'zod/mini';

const logs = z.strictObject({
  /** A container's log file larger than this is rotated; bytes. */
  bytes: z._default(z.int().check(z.gte(1024)), 10 * 1024 * 1024),
  /** How many log files a container has at most, the current one included. */
  files: z._default(z.int().check(z.gte(1), z.lte(100)), 4),
});

/** How the docker runtime talks to its engine and keeps the output of containers. */
export const DockerOptions = z.strictObject({
  /** How long the engine may take for an answer; milliseconds. A start on a busy machine takes seconds. */
  timeout: z._default(z.int().check(z.gte(100)), 120_000),
  logs: z.prefault(logs, {}),
});
export type DockerOptions = z.infer<typeof DockerOptions>;
