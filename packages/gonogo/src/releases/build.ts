import { problem } from '../errors.ts';
import { exec } from '../system/exec.ts';
import { isErrno } from '../system/files.ts';

export type BuildOptions = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onOutput?: (text: string) => void;
};

const tailLines = 20;
const tailCharacters = 16 * 1024;

/** Runs the project's build; fails with BUILD_FAILED and the last 20 lines of its output. */
export async function build(argv: readonly string[], options: BuildOptions): Promise<void> {
  let output = '';
  const onOutput = (text: string): void => {
    output = (output + text).slice(-tailCharacters);
    options.onOutput?.(text);
  };
  const failed = (why: string, cause?: unknown): Error => {
    const tail = output.trimEnd().split('\n').slice(-tailLines).join('\n');
    return problem('BUILD_FAILED', { command: argv.join(' '), why, tail }, cause);
  };
  try {
    const { code, signal } = await exec(argv, { ...options, onOutput });
    options.signal?.throwIfAborted();
    if (code !== 0) throw failed(signal === null ? `it ended with ${code}` : `it was ended by ${signal}`);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw failed('there is no such command', error);
    if (isErrno(error, 'EACCES')) throw failed('it may not be run', error);
    throw error;
  }
}
