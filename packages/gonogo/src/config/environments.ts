import { isIP } from 'node:net';
import * as z from 'zod/mini';
import type { EnvironmentSpec } from '../domain/environment.ts';
import type { Environment, EnvSource } from './project.ts';
import { frontOf, preview, proxy, stickyCookie } from './proxy.ts';
import { replicas } from './replicas.ts';
import {
  command,
  name,
  optional,
  parsed,
  type Refuse,
  rule,
  section,
  text,
  unsupported,
  withDefault,
} from './section.ts';
import { approve, canary, strategy, watch } from './strategy.ts';
import { duration, listen } from './units.ts';

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
    'blue-green: a complete second set of instances is proved beside the first, then traffic flips to it. canary: as blue-green, but a few users first, then more. rolling: one instance after another. in-place: the first set is stopped, then the new one started, so users wait in between.',
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
  approve: optional(approve, 'Somebody must say GO before users meet a release.'),
  canary,
  keep: withDefault(duration(0), '10m', 'How long what served before stays warm for an instant rollback.'),
  runtime: withDefault(runtime, {}, 'What runs the instances.'),
  preview: optional(
    preview,
    'How the slot without users is reached before they are sent to it: by this host name, or by a port or a secret.',
  ),
  proxy: withDefault(proxy, {}, 'What the front does beyond forwarding requests to the slot that serves.'),
  host: unsupported('everything runs on this machine'),
  from: optional(
    name,
    'The environment in which a release must be proven before it comes here. Default: none; anything may be deployed.',
  ),
  notify: unsupported(),
});

type Written = z.output<typeof input>;

/** A canary that keeps its users needs the front to know them again. */
function frontSettings({ proxy, preview, canary }: Written): Pick<EnvironmentSpec, 'proxy'> {
  const settings = frontOf(proxy, preview);
  const sticky = canary?.sticky && !settings?.sticky ? { sticky: { cookie: stickyCookie } } : {};
  const whole = { ...settings, ...sticky };
  return settings || canary?.sticky ? { proxy: whole } : {};
}

const specOf = (written: Written): EnvironmentSpec => {
  const { strategy, listen, from, watch, keep, runtime, approve, canary } = written;
  return {
    ...frontSettings(written),
    strategy,
    ...(listen ? { listen } : {}),
    watch: { for: watch.for, errors: watch.errors, p99: watch.p99, minRequests: watch.min_requests },
    keep,
    ...(from === undefined ? {} : { from }),
    address: runtime.process.address,
    ...(approve ? { approve } : {}),
    ...(watch.quiet === 'hold' ? { quiet: watch.quiet } : {}),
    ...(canary ? { canary: canary.steps } : {}),
  };
};

function refuseIdle({ strategy, canary }: Written, refuse: Refuse): void {
  if (canary && strategy !== 'canary') refuse('means nothing without strategy: canary', ['canary']);
}

const environmentOf = (written: Written): Environment => ({
  spec: specOf(written),
  env: written.env,
  ...(written.replicas === undefined ? {} : { replicas: written.replicas }),
});

/** Nothing after an environment's name: every default. */
const bare = parsed(z.null(), () => environmentOf(input.parse({})));

const asWritten = parsed(input, (written, refuse): Environment => {
  refuseIdle(written, refuse);
  return environmentOf(written);
});

/** `environments:` — the named places the service runs in. */
export const environments = z
  .record(name, z.union([bare, asWritten]))
  .check(rule((all) => Object.keys(all).length > 0, 'must name at least one environment'));
