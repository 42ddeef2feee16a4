import { z } from 'zod';
import type { Run } from '../domain/release.ts';
import { command, innerPath, section, text, unsupported } from './section.ts';
import { duration } from './units.ts';

/** How many instances of a role run. */
export const replicas = z
  .int({
    error: ({ input }) =>
      typeof input === 'object' && input !== null
        ? 'a range is not supported yet: write a number'
        : undefined,
  })
  .min(1, { error: 'must be at least 1' })
  .max(1000, { error: 'must be at most 1000' })
  .meta({ description: 'How many instances run. A range with min and max is not supported yet.' });

const folder = innerPath.refine((path) => !['.', './'].includes(path), {
  error: 'cannot be the whole artifact: name a folder in it',
});

const stop = section({
  grace: duration().prefault('20s').meta({ description: 'From SIGTERM to SIGKILL.' }),
});

const input = section({
  command: command.meta({
    description: 'Starts one instance, in the artifact’s folder. It must listen on $HOST:$PORT.',
  }),
  port: unsupported('it belongs to images; a bundle listens on the free port it is given in $PORT'),
  replicas: replicas.default(1),
  stop: stop.prefault({}).meta({ description: 'How an instance is stopped.' }),
  shared: z
    .array(folder)
    .default([])
    .meta({ description: 'Folders, relative to the artifact, that outlive releases.' }),
  user: text
    .min(1)
    .exactOptional()
    .meta({ description: 'The operating-system user instances run as; needs an agent that runs as root.' }),
  workers: unsupported('only the role that takes traffic runs'),
});

/** `run:` — how an instance is started and stopped. */
export const run = input
  .transform(
    ({ command: argv, stop: { grace }, ...rest }): Run => ({
      command: argv,
      grace,
      replicas: rest.replicas,
      shared: rest.shared,
      ...(rest.user === undefined ? {} : { user: rest.user }),
    }),
  )
  .meta({ description: 'How an instance is started and stopped.' });
