import { kind } from './catalogue.ts';

export type ConfigProblem = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `environments.production.listen` */
  readonly path: string;
  readonly message: string;
};

export const configErrors = {
  CONFIG_MISSING: kind(
    2,
    (f: { path: string }) => `there is no gonogo.yaml at ${f.path}`,
    () => 'run this in the folder of your project, or name the file with --config',
  ),
  CONFIG_UNREADABLE: kind(
    2,
    (f: { path: string; why: string }) => `${f.path} cannot be read: ${f.why}`,
    () => 'correct its owner and mode',
  ),
  CONFIG_INVALID: kind(
    2,
    (f: { problems: readonly ConfigProblem[] }) =>
      f.problems
        .map((p) => `${p.file}:${p.line}:${p.column} ${p.path ? `${p.path}: ` : ''}${p.message}`)
        .join('\n'),
    (f) =>
      `correct ${f.problems.length === 1 ? 'this' : `these ${f.problems.length} problems`}; nothing was done`,
  ),
  ENVIRONMENT_UNKNOWN: kind(
    2,
    (f: { name: string; known: readonly string[] }) =>
      `there is no environment "${f.name}" in gonogo.yaml; it has ${f.known.join(', ')}`,
    () => 'name one of these, or add it under environments:',
  ),
  ENV_FILE_UNREADABLE: kind(
    2,
    (f: { path: string; why: string }) => `the env file ${f.path} cannot be read: ${f.why}`,
    () => 'create it, or take it out of the environment’s env: list',
  ),
  ENV_COMMAND_FAILED: kind(
    2,
    (f: { command: string; why: string }) =>
      `the command for environment variables, ${f.command}, failed: ${f.why}`,
    () => 'run it by hand to see why; its output must be NAME=value lines',
  ),
};
