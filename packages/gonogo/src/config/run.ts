import * as z from 'zod/mini';
import type { Run } from '../domain/release.ts';
import {
  command,
  doc,
  innerPath,
  name,
  optional,
  parsed,
  rule,
  section,
  text,
  withDefault,
} from './section.ts';
import { duration } from './units.ts';

/** How many instances of a role run. */
export const replicas = z
  .int({
    error: ({ input }) =>
      typeof input === 'object' && input !== null
        ? 'a range is not supported yet: write a number'
        : undefined,
  })
  .check(z.gte(1, { error: 'must be at least 1' }), z.lte(1000, { error: 'must be at most 1000' }));

const folder = innerPath.check(
  rule((path) => !['.', './'].includes(path), 'cannot be the whole artifact: name a folder in it'),
);

const stop = section({ grace: withDefault(duration(), '20s', 'From SIGTERM to SIGKILL.') });

const worker = section({
  command: doc(z.clone(command), 'Starts one instance of this role, in the artifact’s folder.'),
  replicas: withDefault(replicas, 1, 'How many instances of this role run.'),
  overlap: withDefault(
    z.boolean(),
    true,
    'Whether the old release’s and the new one’s may run at once; false stops the old ones first.',
  ),
});

/** `web` is the role that takes traffic, and `job` what migrations run as. */
const workers = z
  .record(name, worker)
  .check(rule((all) => !('web' in all) && !('job' in all), 'must have other names than web and job'));

const input = section({
  command: optional(
    command,
    'Starts one instance, in the artifact’s folder. It must listen on $HOST:$PORT. A bundle needs one; default of an image: its own.',
  ),
  port: optional(
    z.int().check(z.gte(1), z.lte(65535)),
    'The port that an image’s container listens on. Default: the one it is told in $PORT. A bundle has none: it listens on $PORT.',
  ),
  replicas: withDefault(replicas, 1, 'How many instances run.'),
  stop: withDefault(stop, {}, 'How an instance is stopped.'),
  shared: withDefault(z.array(folder), [], 'Folders, relative to the artifact, that outlive releases.'),
  user: optional(
    text.check(z.minLength(1)),
    'The operating-system user instances run as; needs an agent that runs as root.',
  ),
  workers: optional(
    workers,
    'Roles that take no traffic, by name. They start when the instances that take it are proven ready.',
  ),
});

/** `run:` — how an instance is started and stopped. */
export const run = parsed(
  input,
  ({ command: argv = [], port, stop: { grace }, replicas: count, shared, user, workers: roles }): Run => ({
    command: argv,
    ...(port === undefined ? {} : { port }),
    grace,
    replicas: count,
    shared,
    ...(user === undefined ? {} : { user }),
    ...(roles && Object.keys(roles).length > 0 ? { workers: roles } : {}),
  }),
);
