import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ProblemTold } from '../errors.ts';
import { immutableCopy } from '../system/code-copy.ts';
import { diskProblem } from '../system/disk.ts';
import { compileCache } from '../system/entries.ts';
import { stateFolder } from '../system/state.ts';

export type Launch = {
  /** How the start went: it answers now, it met a problem, or it ended without a word. */
  readonly outcome: Promise<
    { readonly ready: true } | { readonly failed: ProblemTold } | { readonly ended: string }
  >;
  /** Listens no longer; the agent lives on. */
  forget(): void;
};

/** The variables an agent gets: everything else of the shell that happened to start it would be drift. */
const allowed = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'XDG_STATE_HOME',
  'DOCKER_HOST',
  'GONOGO_DEBUG',
];

/**
 * One heap of the C library for all threads (mallopt(3)): each would keep its own, of some megabytes, and they seldom
 * work at the same time.
 */
const oneHeap = { MALLOC_ARENA_MAX: '1' };

/**
 * An agent is mostly idle: memory is worth more to it than speed. Its collector works alone, because to wake helpers for
 * each of its many small rounds costs more than they do. Not `--optimize-for-size`: it saves 3 MB more, but Node.js
 * cannot use what it has compiled of itself under it, so that every start takes a quarter longer.
 */
export const agentFlags = ['--max-semi-space-size=2', '--single-threaded-gc', '--max-old-space-size=512'];

export const agentEnvironment = (env: NodeJS.ProcessEnv, entry: string): Record<string, string> => ({
  ...Object.fromEntries(allowed.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
  ...compileCache(entry),
  ...oneHeap,
});

/** Starts an agent in a session of its own, its output going to `agent.log`. Fails with DISK_FULL or STATE_UNUSABLE. */
export async function launchAgent(root: string, entry: string): Promise<Launch> {
  const log = openLogFile(root);
  const logBefore = logText(root).length;
  try {
    const program = await immutableCopy(entry, root);
    const child = spawn(program.node, [...agentFlags, program.entry, root], {
      cwd: '/',
      env: { ...agentEnvironment(process.env, program.entry), GONOGO_READY_FD: '3' },
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
    });
    const unable = new Promise<{ ended: string }>((resolve) => {
      child.once('error', (error) => resolve({ ended: error.message }));
    });
    child.unref();
    const pipe = child.stdio[3] as Readable;
    const heard = hear(pipe, () => lastLine(root, logBefore));
    return { outcome: Promise.race([unable, heard]), forget: () => pipe.destroy() };
  } finally {
    closeSync(log);
  }
}

function openLogFile(root: string): number {
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    return openSync(stateFolder(root).agentLog, 'a', 0o600);
  } catch (error) {
    throw diskProblem(error, root);
  }
}

/** What the agent says on its pipe; the pipe's end without a word means that the process ended. */
async function hear(pipe: Readable, lastWords: () => string): ReturnType<() => Launch['outcome']> {
  const said = await text(pipe).catch(() => ''); // Destroyed: nobody waits for the word any more.
  return said === '' ? { ended: lastWords() } : JSON.parse(said);
}

const logText = (root: string): string => readFileSync(stateFolder(root).agentLog, 'utf8');

/** The last line that was logged since, or of an error that Node.js printed, its message. */
function lastLine(root: string, since: number): string {
  const lines = logText(root)
    .slice(since)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? 'it left no word in agent.log';
}
