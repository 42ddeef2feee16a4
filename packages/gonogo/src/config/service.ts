import * as z from 'zod/mini';
import { artifact } from './artifact.ts';
import { checks } from './checks.ts';
import { contract } from './contract.ts';
import { environments } from './environments.ts';
import { health } from './health.ts';
import { migrate } from './migrate.ts';
import { run } from './run.ts';
import { command, doc, name, optional, section, unsupported, withDefault } from './section.ts';

const project = z.string().check(
  z.regex(/^[a-z]([a-z0-9-]{0,62}[a-z0-9])?$/, {
    error:
      'must be lower-case letters, digits and dashes, begin with a letter, and have at most 64 characters',
  }),
);

/** The whole of `gonogo.yaml`: one service. */
export const serviceFile = section({
  service: doc(z.clone(name), 'What is deployed.'),
  project: optional(
    project,
    'Tells equal services on one machine apart. Default: made from the service’s name and the folder’s path.',
  ),
  artifact: optional(artifact, 'What is built once, identified by its digest, and run in every environment.'),
  run: optional(run, 'How an instance is started and stopped.'),
  contract: withDefault(contract, {}, 'What the service needs from any environment it runs in.'),
  health: withDefault(health, {}, 'The probes that decide restarts and traffic.'),
  checks: optional(checks, 'The smoke test: one entry a check.'),
  environments: optional(environments, 'The named places the service runs in.'),
  rollback: optional(
    command,
    'What gonogo check --rollback runs on NO-GO, for services that gonogo does not deploy.',
  ),
  migrate: optional(migrate, 'How a release changes the database that the old one still uses.'),
  services: unsupported('name one service: at the top'),
  together: unsupported('name one service: at the top'),
});

export type ServiceFile = z.output<typeof serviceFile>;
