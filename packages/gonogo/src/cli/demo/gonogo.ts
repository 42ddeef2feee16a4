import { homedir } from 'node:os';
import type { Progress, RolloutDetail } from '../../api/contract.ts';
import { problem } from '../../errors.ts';
import { entryPath } from '../../system/entries.ts';
import { exec } from '../../system/exec.ts';

export type Verb = {
  /** `deploy production`, with its options. */
  readonly args: readonly string[];
  readonly config: string;
  /** The demo's own state folder. */
  readonly state: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
};

/** The whole of a rollout is printed on one line, with its evidence. */
const maxBytes = 64 * 1024 * 1024;

/**
 * Runs gonogo as a user would, in a process of its own, and answers the rollout it prints on its last line.
 * Fails with INTERNAL, quoting what it said, when there is none: a demo cannot go on without.
 */
export async function runRollout(verb: Verb): Promise<RolloutDetail> {
  const argv = [
    process.execPath,
    entryPath('cli'),
    ...verb.args,
    '--format',
    'json',
    '--config',
    verb.config,
  ];
  const onOutput = lineReader((line) => {
    const progress = parseObject(line);
    if (progress && ('event' in progress || 'check' in progress)) verb.onProgress(progress as Progress);
  });
  const done = await exec(argv, {
    cwd: verb.folder,
    env: demoEnvironment(verb.state),
    signal: verb.signal,
    maxBytes,
    onOutput,
  });
  verb.signal.throwIfAborted();
  const last = parseObject(done.stdout.trimEnd().split('\n').at(-1) ?? '');
  const rollout = last && 'rollout' in last ? last.rollout : last;
  if (isRollout(rollout)) return rollout;
  const said = `${done.stdout}${done.stderr}`.trim().slice(-2_000);
  throw problem('INTERNAL', { what: `gonogo ${verb.args.join(' ')} ended with ${done.code}:\n${said}` });
}

/** Built, not inherited: a variable in the shell of whoever runs the demo must not change the story. */
const demoEnvironment = (state: string): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
  HOME: homedir(),
  LANG: 'C.UTF-8',
  NO_COLOR: '1',
  GONOGO_STATE: state,
});

/** Calls back with every complete line of a text that comes in pieces. */
export function lineReader(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}

function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined; // A line for people that happens to begin with a brace.
  }
}

const isRollout = (value: unknown): value is RolloutDetail =>
  typeof value === 'object' && value !== null && 'id' in value && 'flips' in value && 'steps' in value;
