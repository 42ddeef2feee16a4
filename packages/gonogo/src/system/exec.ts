import { spawn } from 'node:child_process';

export type ExecOptions = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
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
  });
  const kill = (): void => killGroup(child.pid);
  const stdout = keepTail(child.stdout, options);
  const stderr = keepTail(child.stderr, options);
  options.signal?.addEventListener('abort', kill, { once: true });
  if (options.signal?.aborted) kill();
  child.once('error', reject);
  // `exit`, not `close`: a grandchild that kept stdout open must not hold us.
  child.once('exit', (code, signal) => {
    setImmediate(() => {
      options.signal?.removeEventListener('abort', kill);
      kill();
      resolve({ code, signal, stdout: stdout(), stderr: stderr() });
    });
  });
  return promise;
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
