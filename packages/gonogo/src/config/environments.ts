import { isIP } from 'node:net';
import * as z from 'zod/mini';
import type { Environment, EnvSource } from './project.ts';
import { frontOf, preview, proxy } from './proxy.ts';
import { replicas } from './run.ts';
import { command, name, optional, parsed, rule, section, text, unsupported, withDefault } from './section.ts';
import { duration, listen, percent, ratio } from './units.ts';

const planned = ['rolling', 'canary'];

const strategy = z.enum(['in-place', 'blue-green'], {
  error: ({ input }) => (planned.includes(String(input)) ? `${input} is not supported yet` : undefined),
});

const quiet = z.enum(['prove-by-checks'], {
  error: ({ input }) => (input === 'hold' ? 'hold is not supported yet' : undefined),
});

const watch = section({
  for: withDefault(duration(), '30s', 'How long.'),
  errors: withDefault(percent, '1%', 'The highest tolerated share of failed requests.'),
  p99: withDefault(
    ratio,
    '3x',
    'The highest tolerated 99th percentile of latency, against what served before.',
  ),
  min_requests: withDefault(
    z.int().check(z.gte(0)),
    50,
    'Below this many requests traffic says nothing, and the checks and probes decide.',
  ),
  quiet: withDefault(quiet, 'prove-by-checks', 'What happens when there was too little traffic to judge.'),
});

const filename = text.check(z.minLength(1));

const source = z.union([
  parsed(filename, (file): EnvSource => ({ file })),
  parsed(
    section({
      file: optional(filename, 'A file of NAME=value lines, relative to gonogo.yaml.'),
      command: optional(command, 'A command that prints NAME=value lines.'),
    }),
    (input, refuse): EnvSource => {
      if (input.file !== undefined && input.command === undefined) return { file: input.file };
      if (input.command !== undefined && input.file === undefined) return { command: input.command };
      return refuse('must have file or command, and only one of them');
    },
  ),
]);

const address = z
  .string()
  .check(rule((text) => isIP(text) !== 0, 'must be a numeric address of this machine'));

const runtime = section({
  process: withDefault(
    section({
      address: withDefault(
        address,
        '127.0.0.1',
        'What instances are told as $HOST, and where reach checks dial from.',
      ),
    }),
    {},
    'Instances are processes on this machine.',
  ),
  docker: unsupported(),
  kubernetes: unsupported(),
  ecs: unsupported(),
});

const input = section({
  strategy: withDefault(
    strategy,
    'blue-green',
    'blue-green: a complete second set of instances is proved beside the first, then traffic flips to it. in-place: the first set is stopped, then the new one started, so users wait in between.',
  ),
  listen: optional(
    listen,
    '[address:]port where users come in. Default: a loopback port that stays the same.',
  ),
  env: withDefault(
    z.array(source),
    [],
    'Where its variables come from: files, or commands that print NAME=value. Later ones win.',
  ),
  replicas: optional(replicas, 'How many instances run here; default: as in run.'),
  watch: withDefault(watch, {}, 'What is watched after the release went live.'),
  keep: withDefault(duration(0), '10m', 'How long what served before stays warm for an instant rollback.'),
  runtime: withDefault(runtime, {}, 'What runs the instances.'),
  preview: optional(
    preview,
    'How the slot without users is reached before they are sent to it: by this host name, or by a port or a secret.',
  ),
  proxy: withDefault(proxy, {}, 'What the front does beyond forwarding requests to the slot that serves.'),
  host: unsupported('everything runs on this machine'),
  from: unsupported(),
  approve: unsupported(),
  notify: unsupported(),
});

function frontSettings(written: z.output<typeof input>): Pick<Environment['spec'], 'proxy'> {
  const settings = frontOf(written.proxy, written.preview);
  return settings ? { proxy: settings } : {};
}

const environmentOf = (written: z.output<typeof input>): Environment => ({
  spec: {
    ...frontSettings(written),
    strategy: written.strategy,
    ...(written.listen ? { listen: written.listen } : {}),
    watch: {
      for: written.watch.for,
      errors: written.watch.errors,
      p99: written.watch.p99,
      minRequests: written.watch.min_requests,
    },
    keep: written.keep,
    address: written.runtime.process.address,
  },
  env: written.env,
  ...(written.replicas === undefined ? {} : { replicas: written.replicas }),
});

/** Nothing after an environment's name: every default. */
const bare = parsed(z.null(), () => environmentOf(input.parse({})));

/** `environments:` — the named places the service runs in. */
export const environments = z
  .record(name, z.union([bare, parsed(input, environmentOf)]))
  .check(rule((all) => Object.keys(all).length > 0, 'must name at least one environment'));
