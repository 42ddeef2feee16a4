import { z } from 'zod';
import { command, innerPath, section, unsupported } from './section.ts';

const bundle = section({
  from: innerPath.default('.').meta({ description: 'The folder that is packed, relative to gonogo.yaml.' }),
  include: z.array(innerPath).min(1, { error: 'must name at least one path' }).exactOptional().meta({
    description:
      'What of it goes into the bundle: files, folders and simple patterns. Default: all of it but version control and .env files.',
  }),
  build: command
    .exactOptional()
    .meta({ description: 'The command that builds it, run in that folder before packing.' }),
});

/** `artifact:` — what is built once and runs everywhere. */
export const artifact = section({
  bundle: bundle.meta({ description: 'A folder, packed reproducibly and identified by its digest.' }),
  image: unsupported('pack the application as a bundle'),
}).meta({ description: 'What is built once, identified by its digest, and run in every environment.' });
