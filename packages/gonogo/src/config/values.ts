import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Contract } from '../domain/release.ts';
import type { Values } from '../domain/revision.ts';
import { messageOf, Problem, problem } from '../errors.ts';
import { type Executed, exec } from '../system/exec.ts';
import { isErrno } from '../system/files.ts';
import type { Environment, EnvSource } from './project.ts';

type ShellEnv = Readonly<Record<string, string | undefined>>;

export type Resolved = { readonly values: Values; readonly problems: readonly Problem[] };

export type ResolveFrom = {
  readonly contract: Pick<Contract, 'env'>;
  /** The environment of the shell gonogo was started from. */
  readonly shell: ShellEnv;
  /** What file names are relative to, and where commands run. */
  readonly folder: string;
};

/** How long a command that prints variables may take, in milliseconds. */
const commandDeadline = 60_000;

/** The most a command may print, in bytes. */
const commandOutput = 1024 * 1024;

/**
 * The variables of an environment. In order, later ones win: the contract's defaults; those shell variables that the
 * contract names; files and commands as they are listed. So what an environment lists is never overridden by the shell
 * somebody happens to deploy from. Set but empty is missing: it neither wins over an earlier value nor is kept.
 * Sources that cannot be read become problems (ENV_FILE_UNREADABLE, ENV_COMMAND_FAILED); nothing is thrown.
 */
export async function resolveValues(
  environment: Pick<Environment, 'env'>,
  from: ResolveFrom,
): Promise<Resolved> {
  const read = await Promise.all(environment.env.map((source) => readSource(source, from)));
  const layers = [defaultsOf(from.contract), shellOf(from), ...read.map(({ values }) => values)];
  const values: Record<string, string> = Object.create(null);
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) if (value !== '') values[name] = value;
  }
  return { values: { ...values }, problems: read.flatMap(({ problems }) => problems) };
}

const defaultsOf = (contract: Pick<Contract, 'env'>): Values =>
  Object.fromEntries(Object.entries(contract.env).map(([name, rule]) => [name, rule.default ?? '']));

const shellOf = ({ contract, shell }: ResolveFrom): Values =>
  Object.fromEntries(Object.keys(contract.env).map((name) => [name, shell[name] ?? '']));

async function readSource(source: EnvSource, from: ResolveFrom): Promise<Resolved> {
  try {
    const text =
      'file' in source ? await readEnvFile(source.file, from) : await runEnvCommand(source.command, from);
    return { values: parseEnv(text) as Values, problems: [] };
  } catch (error) {
    return { values: {}, problems: [sourceProblem(source, error)] };
  }
}

const readEnvFile = (file: string, { folder }: ResolveFrom): Promise<string> =>
  readFile(resolve(folder, file), 'utf8');

/** Runs with the user's own shell environment, because it may need a key agent or a login; its output is never shown. */
async function runEnvCommand(command: readonly string[], { folder, shell }: ResolveFrom): Promise<string> {
  const signal = AbortSignal.timeout(commandDeadline);
  const done = await exec(command, { cwd: folder, env: definedOnly(shell), signal, maxBytes: commandOutput });
  const why = commandReason(done, signal.aborted);
  if (why) throw problem('ENV_COMMAND_FAILED', { command: command.join(' '), why });
  return done.stdout;
}

function commandReason(done: Executed, late: boolean): string | undefined {
  if (late) return `it did not end within ${commandDeadline / 1000} s`;
  if (done.signal) return `it was ended by ${done.signal}`;
  if (done.code !== 0) return `it ended with exit code ${done.code}`;
  return done.stdout.length >= commandOutput ? 'it printed more than 1 MiB' : undefined;
}

const definedOnly = (shell: ShellEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(shell).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

function sourceProblem(source: EnvSource, error: unknown): Problem {
  if (error instanceof Problem) return error;
  if ('file' in source)
    return problem('ENV_FILE_UNREADABLE', { path: source.file, why: fileReason(error) }, error);
  const command = source.command.join(' ');
  const why = isErrno(error, 'ENOENT') ? 'there is no such command' : messageOf(error);
  return problem('ENV_COMMAND_FAILED', { command, why }, error);
}

function fileReason(error: unknown): string {
  if (isErrno(error, 'ENOENT')) return 'there is no such file';
  if (isErrno(error, 'EACCES')) return 'no permission';
  if (isErrno(error, 'EISDIR')) return 'it is a folder';
  return messageOf(error);
}
