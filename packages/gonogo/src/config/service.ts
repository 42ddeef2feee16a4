import { z } from 'zod';
import { artifact } from './artifact.ts';
import { checks } from './checks.ts';
import { contract } from './contract.ts';
import { environments } from './environments.ts';
import { health } from './health.ts';
import { run } from './run.ts';
import { command, name, section, unsupported } from './section.ts';

/** The whole of `gonogo.yaml`: one service. */
export const serviceFile = section({
  service: name.meta({ description: 'What is deployed.' }),
  project: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,62}[a-z0-9])?$/, {
      error:
        'must be lower-case letters, digits and dashes, begin with a letter, and have at most 64 characters',
    })
    .exactOptional()
    .meta({
      description: 'Tells equal services on one machine apart. Default: made from the folder’s path.',
    }),
  artifact: artifact.exactOptional(),
  run: run.exactOptional(),
  contract: contract.prefault({}),
  health: health.prefault({}),
  checks: checks.exactOptional(),
  environments: environments.exactOptional(),
  rollback: command.exactOptional().meta({
    description: 'What gonogo check --rollback runs on NO-GO, for services that gonogo does not deploy.',
  }),
  migrate: unsupported(),
  services: unsupported('name one service: at the top'),
  together: unsupported('name one service: at the top'),
}).meta({
  title: 'gonogo.yaml',
  description: 'One service, how it runs, what it needs, and where it goes live.',
});

export type ServiceFile = z.output<typeof serviceFile>;
