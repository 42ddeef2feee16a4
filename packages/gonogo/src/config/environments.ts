import { isIP } from 'node:net';
import { z } from 'zod';
import type { Environment } from './project.ts';
import { replicas } from './run.ts';
import { command, name, section, text, unsupported } from './section.ts';
import { duration, listen, percent, ratio } from './units.ts';

const strategies = ['in-place', 'blue-green'] as const;
const planned = ['rolling', 'canary'];

const strategy = z
  .enum(strategies, {
    error: ({ input }) => (planned.includes(String(input)) ? `${input} is not supported yet` : undefined),
  })
  .default('blue-green')
  .meta({
    description:
      'blue-green: a complete second set of instances is proved beside the first, then traffic flips to it. in-place: the first set is stopped, then the new one started, so users wait in between.',
  });

const watch = section({
  for: duration().prefault('30s').meta({ description: 'How long.' }),
  errors: percent.prefault('1%').meta({ description: 'The highest tolerated share of failed requests.' }),
  p99: ratio
    .prefault('3x')
    .meta({ description: 'The highest tolerated 99th percentile of latency, against what served before.' }),
  min_requests: z.int().min(0).default(50).meta({
    description: 'Below this many requests traffic says nothing, and the checks and probes decide.',
  }),
  quiet: z
    .enum(['prove-by-checks'], {
      error: ({ input }) => (input === 'hold' ? 'hold is not supported yet' : undefined),
    })
    .default('prove-by-checks')
    .meta({ description: 'What happens when there was too little traffic to judge.' }),
});

const source = z.union([
  text.min(1).transform((file) => ({ file })),
  section({ file: text.min(1).exactOptional(), command: command.exactOptional() }).transform(
    (input, context) => {
      if (input.file !== undefined && input.command === undefined) return { file: input.file };
      if (input.command !== undefined && input.file === undefined) return { command: input.command };
      context.addIssue('must have file or command, and only one of them');
      return z.NEVER;
    },
  ),
]);

const address = z
  .string()
  .refine((text) => isIP(text) !== 0, { error: 'must be a numeric address of this machine' });

const runtime = section({
  process: section({
    address: address
      .default('127.0.0.1')
      .meta({ description: 'What instances are told as $HOST, and where reach checks dial from.' }),
  }).prefault({}),
  docker: unsupported(),
  kubernetes: unsupported(),
  ecs: unsupported(),
});

const environment = section({
  strategy,
  listen: listen.exactOptional().meta({
    description: '[address:]port where users come in. Default: a loopback port that stays the same.',
  }),
  env: z.array(source).default([]).meta({
    description: 'Where its variables come from: files, or commands that print NAME=value. Later ones win.',
  }),
  replicas: replicas.exactOptional(),
  watch: watch.prefault({}).meta({ description: 'What is watched after the release went live.' }),
  keep: duration(0)
    .prefault('10m')
    .meta({ description: 'How long what served before stays warm for an instant rollback.' }),
  runtime: runtime.prefault({}).meta({ description: 'What runs the instances.' }),
  host: unsupported('everything runs on this machine'),
  preview: unsupported(),
  from: unsupported(),
  approve: unsupported(),
  notify: unsupported(),
}).transform(
  (input): Environment => ({
    spec: {
      strategy: input.strategy,
      ...(input.listen ? { listen: input.listen } : {}),
      watch: {
        for: input.watch.for,
        errors: input.watch.errors,
        p99: input.watch.p99,
        minRequests: input.watch.min_requests,
      },
      keep: input.keep,
      address: input.runtime.process.address,
    },
    env: input.env,
    ...(input.replicas === undefined ? {} : { replicas: input.replicas }),
  }),
);

/** `environments:` — the named places the service runs in. */
export const environments = z
  .record(name, z.union([z.null().transform(() => environment.parse({})), environment]))
  .refine((all) => Object.keys(all).length > 0, { error: 'must name at least one environment' })
  .meta({ description: 'The named places the service runs in.' });
