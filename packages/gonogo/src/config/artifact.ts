import * as z from 'zod/mini';
import {
  command,
  innerPath,
  optional,
  parsed,
  rule,
  section,
  some,
  text,
  variableName,
  withDefault,
} from './section.ts';
import { size } from './units.ts';

const bundle = section({
  from: withDefault(innerPath, '.', 'The folder that is packed, relative to gonogo.yaml.'),
  include: optional(
    some(innerPath, 'must name at least one path'),
    'What of it goes into the bundle: files, folders and simple patterns. Default: all of it but version control and .env files.',
  ),
  build: optional(command, 'The command that builds it, run in that folder before packing.'),
});

/** As in a Dockerfile's FROM: a name with a tag or a digest, and nothing that a command line could take for an option. */
const imageName = text.check(
  rule(
    (name) => /^[a-z0-9][\w.:/-]*(@sha256:[0-9a-f]{64})?$/.test(name),
    'must be the name of an image, such as ghcr.io/acme/shop:1.4',
  ),
);

/**
 * What the docker command, its plugins and the dynamic linker read. A build argument reaches them as a variable, so that
 * its value is in no list of processes; one of these would change the command instead. Not the variables of HTTP proxies,
 * which builds need: over a unix socket the command asks none.
 */
const readByDocker =
  /^(PATH|HOME|TMPDIR|SSH_AUTH_SOCK|GODEBUG|SSL_CERT_(FILE|DIR)|BUILDKIT_(HOST|PROGRESS)|(DOCKER|BUILDX|OTEL|LD|XDG)_.*)$/;

const buildArgument = variableName.check(
  rule(
    (name) => !readByDocker.test(name),
    'is a variable that the docker command itself reads: give the build argument another name',
  ),
);

type Image =
  | { readonly name: string }
  | {
      readonly build: string;
      readonly dockerfile?: string;
      readonly target?: string;
      readonly args: Readonly<Record<string, string>>;
    };

const image = parsed(
  section({
    build: optional(innerPath, 'The folder that is built, relative to gonogo.yaml.'),
    dockerfile: optional(innerPath, 'Relative to that folder. Default: Dockerfile.'),
    target: optional(text.check(z.minLength(1)), 'The stage that is built. Default: the last one.'),
    args: optional(z.record(buildArgument, text), 'Build arguments by name. They can be read in the image.'),
    name: optional(
      imageName,
      'An image that is there already: on this host, or in a registry. It is resolved to its digest.',
    ),
  }),
  ({ build, dockerfile, target, args, name }, refuse): Image => {
    const options = Object.entries({ dockerfile, target, args }).find(([, value]) => value !== undefined);
    if (build === undefined && name === undefined) return refuse('must have build or name');
    if (name !== undefined && build !== undefined)
      return refuse('has build and name: one of them is too much');
    if (name !== undefined && options) return refuse('belongs to build', [options[0]]);
    if (name !== undefined) return { name };
    return {
      build: build ?? '.',
      ...(dockerfile === undefined ? {} : { dockerfile }),
      ...(target === undefined ? {} : { target }),
      args: args ?? {},
    };
  },
);

const keep = section({
  releases: withDefault(
    z.int().check(z.gte(0), z.lte(10_000)),
    10,
    'How many releases stay on a host that are neither live nor proven anywhere.',
  ),
  disk: withDefault(size(), '5GB', 'How much all releases together may take, before such ones go.'),
});

/** `artifact:` — what is built once and runs everywhere. */
export const artifact = parsed(
  section({
    bundle: optional(bundle, 'A folder, packed reproducibly and identified by its digest.'),
    image: optional(image, 'A container image: built from a Dockerfile, or taken by its name.'),
    keep: withDefault(
      keep,
      {},
      'What stays of old releases. One that is live, warm or proven somewhere always stays.',
    ),
  }),
  (written, refuse) => {
    // Both at once are refused by `misfits.ts`, together with whatever else is wrong inside of them.
    const common = { keep: { releases: written.keep.releases, bytes: written.keep.disk } };
    if (written.bundle) return { ...common, bundle: written.bundle };
    return written.image ? { ...common, image: written.image } : refuse('must have bundle or image');
  },
);
