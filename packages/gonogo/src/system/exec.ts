import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export type ExecOptions = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** The account it runs as; default: this process's own. */
  readonly uid?: number;
  readonly gid?: number;
  /** Kept from the end of each stream; default 64 KiB. */
  readonly maxBytes?: number;
  readonly onOutput?: (text: string) => void;
};

export type Executed = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};

/**
 * Runs a command without a shell, in a process group of its own that is killed whole on abort.
 * Rejects with the system's error (ENOENT, EACCES) when the command cannot be started.
 */
export function exec(argv: readonly string[], options: ExecOptions): Promise<Executed> {
  const [command, ...args] = argv;
  if (command === undefined) throw new TypeError('exec needs a command');
  const { promise, resolve, reject } = Promise.withResolvers<Executed>();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  const kill = (): void => killGroup(child.pid);
  const stdout = keepTail(child.stdout, options);
  const stderr = keepTail(child.stderr, options);
  options.signal?.addEventListener('abort', kill, { once: true });
  if (options.signal?.aborted) kill();
  child.once('error', reject);
  whenEnded(child, kill, (code, signal) => {
    options.signal?.removeEventListener('abort', kill);
    resolve({ code, signal, stdout: stdout(), stderr: stderr() });
  });
  return promise;
}

/** How long output is waited for that a process outside of the group holds back, in milliseconds. */
const lingering = 1000;

/**
 * `exit` comes before the last output, `close` after it; but `close` never comes while a process that left the group
 * holds the pipes. So the group is killed at `exit`, and `close` is waited for, but not for ever.
 */
function whenEnded(
  child: ChildProcessByStdio<null, Readable, Readable>,
  kill: () => void,
  done: (code: number | null, signal: string | null) => void,
): void {
  child.once('exit', (code, signal) => {
    kill();
    const timer = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, lingering);
    child.once('close', () => {
      clearTimeout(timer);
      done(code, signal);
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function keepTail(stream: NodeJS.ReadableStream, options: ExecOptions): () => string {
  const limit = options.maxBytes ?? 64 * 1024;
  let tail = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    options.onOutput?.(text);
    tail = (tail + text).slice(-limit);
  });
  return () => tail;
}
