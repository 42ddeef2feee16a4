import { command, doc, innerPath, optional, section, some, unsupported, withDefault } from './section.ts';

const bundle = section({
  from: withDefault(innerPath, '.', 'The folder that is packed, relative to gonogo.yaml.'),
  include: optional(
    some(innerPath, 'must name at least one path'),
    'What of it goes into the bundle: files, folders and simple patterns. Default: all of it but version control and .env files.',
  ),
  build: optional(command, 'The command that builds it, run in that folder before packing.'),
});

/** `artifact:` — what is built once and runs everywhere. */
export const artifact = section({
  bundle: doc(bundle, 'A folder, packed reproducibly and identified by its digest.'),
  image: unsupported('pack the application as a bundle'),
});
