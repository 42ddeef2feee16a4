import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, Problem, problem } from '../errors.ts';
import { exec } from '../system/exec.ts';
import { isErrno } from '../system/files.ts';
import { build } from './build.ts';
import { gitSource } from './git.ts';

export type ImageSource =
  | {
      readonly context: string;
      readonly dockerfile?: string;
      readonly target?: string;
      readonly args: Readonly<Record<string, string>>;
    }
  | { readonly name: string };

export type ImageOptions = {
  readonly signal?: AbortSignal;
  /** Hears what the build prints. */
  readonly onOutput?: (text: string) => void;
};

export type Image = {
  readonly kind: 'image';
  /** The image's id: `sha256:…`. */
  readonly digest: string;
  /** Where it can be pulled again: `ghcr.io/acme/shop@sha256:…`. */
  readonly reference?: string;
  readonly bytes: number;
};

type Buildable = Extract<ImageSource, { context: string }>;

/**
 * Builds an image with the `docker` command, or finds the one of a name: on this host, or in its registry. Either way it
 * is known by its id from then on, never by a tag. Fails with BUILD_FAILED, IMAGE_UNRESOLVED or DOCKER_UNUSABLE.
 */
export async function resolveImage(source: ImageSource, options: ImageOptions): Promise<Image> {
  return 'name' in source ? await namedImage(source.name, options) : await buildImage(source, options);
}

async function buildImage(source: Buildable, { signal, onOutput }: ImageOptions): Promise<Image> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-image-'));
  try {
    const idFile = join(folder, 'id');
    const argv = buildArgv(source, [...(await labelsOf(source.context)), ...['--iidfile', idFile]]);
    // The values of build arguments come from the environment, so that they are in no list of processes.
    const env = definedOf({ ...process.env, ...source.args });
    await build(argv, {
      cwd: source.context,
      env,
      ...(signal && { signal }),
      ...(onOutput && { onOutput }),
    }).catch(byDocker);
    const id = (await readFile(idFile, 'utf8')).trim();
    const { Size } = await inspect(id);
    return { kind: 'image', digest: id, bytes: Size };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The command line that builds an image; `more` are further options. */
export const buildArgv = (source: Buildable, more: readonly string[]): string[] => [
  ...['docker', 'build'],
  ...(source.dockerfile === undefined ? [] : ['--file', join(source.context, source.dockerfile)]),
  ...(source.target === undefined ? [] : ['--target', source.target]),
  ...Object.keys(source.args).flatMap((name) => ['--build-arg', name]),
  ...more,
  source.context,
];

/** Annotations of the Open Container Initiative: which revision it was built from, and whether that is all. */
async function labelsOf(context: string): Promise<string[]> {
  const source = await gitSource(context);
  if (!source) return [];
  const labels = [`org.opencontainers.image.revision=${source.revision}`, `gonogo.dirty=${source.dirty}`];
  const url = await exec(['git', 'config', '--get', 'remote.origin.url'], {
    cwd: context,
    env: definedOf(process.env),
  });
  if (url.code === 0) labels.push(`org.opencontainers.image.source=${withoutPassword(url.stdout.trim())}`);
  return labels.flatMap((label) => ['--label', label]);
}

/** Up to the last @ of the authority: whoever wrote one in a password unescaped meant it as a part of it. */
export const withoutPassword = (url: string): string => url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, '$1');

async function namedImage(name: string, { signal }: ImageOptions): Promise<Image> {
  const here = mustBePulled(name) ? undefined : await inspect(name).catch(() => undefined); // Not here yet.
  if (!here) await pull(name, signal);
  const { Id, RepoDigests, Size } = here ?? (await inspect(name));
  const reference = (RepoDigests ?? []).find((digest) => digest.startsWith(`${repositoryOf(name)}@`));
  return { kind: 'image', digest: Id, ...(reference === undefined ? {} : { reference }), bytes: Size };
}

/** A tag of a registry may have moved since it was pulled; a digest cannot, and a name without a registry is of here. */
const mustBePulled = (name: string): boolean =>
  !name.includes('@') && /^(localhost|[^/]*[.:][^/]*)\//.test(name);

/** `ghcr.io/acme/shop:1.4@sha256:…` → `ghcr.io/acme/shop` */
const repositoryOf = (name: string): string => name.replace(/@.*$/, '').replace(/:[^/]*$/, '');

async function pull(name: string, signal: AbortSignal | undefined): Promise<void> {
  const { code, stderr } = await docker(['pull', '--quiet', name], signal);
  if (code !== 0) throw unusable(stderr) ?? problem('IMAGE_UNRESOLVED', { name, why: lastLine(stderr) });
}

/** Of a build that failed because there is no Docker to build with, that is what must be said. */
function byDocker(error: unknown): never {
  const missing = error instanceof Problem && isErrno(error.cause, 'ENOENT');
  throw (missing ? noCommand(error) : unusable(messageOf(error))) ?? error;
}

const noCommand = (cause: unknown): Error =>
  problem('DOCKER_UNUSABLE', { why: 'there is no docker command' }, cause);

/** How the docker command says that it reaches no engine, or may not. */
function unusable(said: string): Error | undefined {
  const why =
    /^.*(?:cannot connect to the docker daemon|permission denied while trying to connect).*$/im.exec(said);
  return why ? problem('DOCKER_UNUSABLE', { why: why[0].trim() }) : undefined;
}

/** What `docker save` writes of an image, for an engine that has it not. Fails with IMAGE_UNRESOLVED. */
export async function* sendImage(id: string): AsyncGenerator<Uint8Array> {
  const child = spawn('docker', ['save', id], { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close') as Promise<[code: number | null]>;
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const [code] = await ended;
    if (code !== 0) throw problem('IMAGE_UNRESOLVED', { name: id, why: lastLine(said) });
  } finally {
    child.kill();
  }
}

type Inspected = { readonly Id: string; readonly RepoDigests?: readonly string[]; readonly Size: number };

async function inspect(name: string): Promise<Inspected> {
  const { code, stdout, stderr } = await docker(['image', 'inspect', '--format', '{{json .}}', name]);
  if (code !== 0) throw unusable(stderr) ?? problem('IMAGE_UNRESOLVED', { name, why: lastLine(stderr) });
  return JSON.parse(stdout) as Inspected;
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

async function docker(args: readonly string[], signal?: AbortSignal) {
  try {
    const limits = { maxBytes: 4 * 1024 * 1024, ...(signal && { signal }) };
    return await exec(['docker', ...args], { cwd: '/', env: definedOf(process.env), ...limits });
  } catch (error) {
    throw isErrno(error, 'ENOENT') ? noCommand(error) : error;
  }
}

const definedOf = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
