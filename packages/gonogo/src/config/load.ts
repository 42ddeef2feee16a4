import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { CheckSpec } from '../domain/check.ts';
import type { Contract, Manifest } from '../domain/release.ts';
import type { ConfigProblem } from '../errors/config.ts';
import { messageOf, problem } from '../errors.ts';
import { isErrno } from '../system/files.ts';
import { readDocument } from './document.ts';
import { isMapping, misfitsOf } from './misfits.ts';
import { messageOfIssue, problemsOf } from './problems.ts';
import type { ArtifactSource, CheckPlan, Project, Service } from './project.ts';
import type { ServiceFile } from './service.ts';

type Loaded = {
  readonly id: string;
  readonly folder: string;
  readonly file: string;
  readonly parsed: ServiceFile;
};

/** What a file must have so that its service can be deployed. */
const deployable = ['artifact', 'run', 'environments'] as const;

/**
 * Reads `gonogo.yaml` (a path to it, or to its folder) into a frozen project.
 * Fails with CONFIG_MISSING, or with CONFIG_INVALID and every problem of the file at once.
 */
export async function loadConfig(path: string): Promise<Project> {
  const { id, folder, file, parsed } = await load(path, deployable);
  return deepFreeze({ id, folder, file, services: [serviceOf(parsed, folder)] });
}

/**
 * Reads what checks need of `gonogo.yaml`; `artifact:`, `run:` and `environments:` may be absent.
 * Fails as `loadConfig` does.
 */
export async function loadCheckPlan(path: string): Promise<CheckPlan> {
  const { id, folder, file, parsed } = await load(path, []);
  return deepFreeze({
    id,
    folder,
    file,
    service: parsed.service,
    contract: parsed.contract as Contract,
    checks: checksOf(parsed),
    environments: parsed.environments ?? {},
    ...(parsed.rollback ? { rollback: parsed.rollback } : {}),
  });
}

async function load(path: string, required: readonly (keyof ServiceFile)[]): Promise<Loaded> {
  const { file, source } = await read(resolve(path));
  const parsed = await parse(source, basename(file), required);
  const folder = await realpath(dirname(file));
  return { id: parsed.project ?? projectId(parsed.service, folder), folder, file, parsed };
}

async function read(path: string): Promise<{ file: string; source: string }> {
  try {
    return { file: path, source: await readFile(path, 'utf8') };
  } catch (error) {
    if (isErrno(error, 'EISDIR')) return read(join(path, 'gonogo.yaml'));
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR'))
      throw problem('CONFIG_MISSING', { path }, error);
    throw problem('CONFIG_UNREADABLE', { path, why: messageOf(error) }, error);
  }
}

async function parse(
  source: string,
  file: string,
  required: readonly (keyof ServiceFile)[],
): Promise<ServiceFile> {
  const { serviceFile } = await import('./service.ts');
  const document = readDocument(source, file);
  if (document.problems.length > 0) throw problem('CONFIG_INVALID', { problems: document.problems });
  const result = serviceFile.safeParse(document.value, { error: messageOfIssue, jitless: true });
  const missing = required
    .filter((key) => isMapping(document.value) && !Object.hasOwn(document.value, key))
    .map((key) => document.problemAt([key], 'is missing', 'key'));
  const misfits = misfitsOf(document.value).map((misfit) =>
    document.problemAt(misfit.path, misfit.message, 'key'),
  );
  const problems = [...problemsOf(result.error?.issues ?? [], document), ...missing, ...misfits];
  if (result.data && problems.length === 0) return result.data;
  throw problem('CONFIG_INVALID', { problems: problems.sort(byPlace) });
}

const byPlace = (a: ConfigProblem, b: ConfigProblem): number => a.line - b.line || a.column - b.column;

/** Two checkouts of one service on a machine are two projects; one checkout stays the same project. */
const projectId = (service: string, folder: string): string =>
  `${service}-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`;

function serviceOf(parsed: ServiceFile, folder: string): Service {
  const { artifact, run, environments } = parsed;
  // `load` has refused a file without them.
  if (!artifact || !run || !environments) throw new TypeError('a deployable file lacks a section');
  const manifest: Manifest = {
    service: parsed.service,
    run,
    contract: parsed.contract as Contract,
    health: parsed.health,
    ...(parsed.migrate ? { migrate: parsed.migrate } : {}),
    checks: checksOf(parsed),
  };
  return {
    name: parsed.service,
    artifact: sourceOf(artifact, folder),
    keep: artifact.keep,
    manifest,
    environments,
  };
}

function sourceOf(artifact: NonNullable<ServiceFile['artifact']>, folder: string): ArtifactSource {
  if ('bundle' in artifact)
    return { bundle: { ...artifact.bundle, from: resolve(folder, artifact.bundle.from) } };
  if ('name' in artifact.image) return { image: artifact.image };
  const { build, ...image } = artifact.image;
  return { image: { ...image, context: resolve(folder, build) } };
}

/** A check of a variable asks by the contract's rule, where it has one. */
function checksOf(parsed: ServiceFile): CheckSpec[] {
  return (parsed.checks ?? []).map((check) => {
    if (check.kind !== 'env' || !Object.hasOwn(parsed.contract.env, check.variable)) return check;
    return { ...check, rule: parsed.contract.env[check.variable] ?? check.rule };
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
