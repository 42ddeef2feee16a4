import * as z from 'zod/mini';
import type { Run } from '../domain/release.ts';
import { replicas, workerReplicas } from './replicas.ts';
import {
  command,
  doc,
  innerPath,
  name,
  optional,
  parsed,
  rule,
  section,
  some,
  text,
  withDefault,
} from './section.ts';
import { duration, size } from './units.ts';

const folder = innerPath.check(
  rule((path) => !['.', './'].includes(path), 'cannot be the whole artifact: name a folder in it'),
);

const stop = section({ grace: withDefault(duration(), '20s', 'From SIGTERM to SIGKILL.') });

/** The engine refuses less. */
const leastMemory = 6 * 1024 * 1024;

const networkName = text.check(
  rule(
    (network) => /^[A-Za-z0-9][\w.-]*$/.test(network) && network !== 'host' && network !== 'none',
    'must be the name of a network that docker network ls shows, and not host or none',
  ),
);

const worker = section({
  command: doc(z.clone(command), 'Starts one instance of this role, in the artifact’s folder.'),
  replicas: withDefault(
    workerReplicas,
    1,
    'How many instances of this role run: a number, or a range in which their load decides.',
  ),
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
  replicas: withDefault(
    replicas,
    1,
    'How many instances run: a number, or a range in which their load decides.',
  ),
  stop: withDefault(stop, {}, 'How an instance is stopped.'),
  shared: withDefault(z.array(folder), [], 'Folders, relative to the artifact, that outlive releases.'),
  user: optional(
    text.check(z.minLength(1)),
    'The user instances run as: of the image, or of the operating system, for which the agent must run as root.',
  ),
  memory: optional(
    size(leastMemory),
    'What a container may use at most, as 512MB or 1GiB; more than that and it is killed. Default: no limit.',
  ),
  cpus: optional(
    z.number().check(z.gte(0.01, { error: 'must be at least 0.01' }), z.lte(1024)),
    'How many processors a container may keep busy, as 0.5 or 2. Default: all.',
  ),
  read_only: optional(
    z.boolean(),
    'Whether a container’s own files, but for /tmp and run.shared, cannot be changed. Default: true.',
  ),
  networks: optional(
    some(networkName, 'must name at least one network'),
    'Networks of the container engine that a container joins; they must exist. Default: its bridge.',
  ),
  workers: optional(
    workers,
    'Roles that take no traffic, by name. They start when the instances that take it are proven ready.',
  ),
});

/** `run:` — how an instance is started and stopped. */
export const run = parsed(
  input,
  ({ command: argv = [], stop: { grace }, replicas: count, read_only: readOnly, ...rest }): Run => {
    const { port, shared, user, memory, cpus, networks, workers: roles } = rest;
    return {
      command: argv,
      ...(port === undefined ? {} : { port }),
      grace,
      replicas: count,
      shared,
      ...(user === undefined ? {} : { user }),
      ...(memory === undefined ? {} : { memory }),
      ...(cpus === undefined ? {} : { cpus }),
      ...(readOnly === undefined ? {} : { readOnly }),
      ...(networks === undefined ? {} : { networks }),
      ...(roles && Object.keys(roles).length > 0 ? { workers: roles } : {}),
    };
  },
);
