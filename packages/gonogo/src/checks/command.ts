import type { Ran, Vantage } from '../ports/vantage.ts';
import { exec } from '../system/exec.ts';
import { isErrno } from '../system/files.ts';
import { type Answer, type Asking, fail, type Kind, pass } from './kind.ts';
import { excerpt, inWords } from './words.ts';

/** How many of the last lines of output are evidence, and how many characters of them. */
const evidence = { lines: 5, characters: 400 } as const;

/** Runs a command without a shell; exit code 0 passes. Its whole process group is killed at the deadline. */
export const run: Kind<'run'> = async ({ command }, asking) => {
  const [program = ''] = command;
  const { at, signal, timeout } = asking;
  try {
    const done = await execute(command, at, signal);
    const tail = tailOf(`${done.stdout}\n${done.stderr}`, asking);
    if (signal.aborted) return fail('timeout', `did not end in ${inWords(timeout)}, and was killed${tail}`);
    if (done.signal) return fail('exit', `was ended by ${done.signal}${tail}`);
    if (done.code !== 0) return fail('exit', `exit code ${done.code}${tail}`);
    return pass('exit code 0');
  } catch (error) {
    return notStarted(error, program);
  }
};

/** Where the service has files of its own its commands are there too, with its environment. */
export function execute(argv: readonly string[], at: Vantage, signal: AbortSignal): Promise<Ran> {
  const { cwd, run: runThere, inside, account } = at;
  if (runThere === undefined) return exec(argv, { cwd, env: environmentOf(at), signal, ...account });
  return runThere(argv, { cwd, env: inside === undefined ? {} : { GONOGO_TARGET: inside.base }, signal });
}

/** The environment under check, the address to ask, and what every program needs to find its way. */
function environmentOf({ values, base }: Vantage): Record<string, string> {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/', LANG = 'C.UTF-8' } = process.env;
  return { PATH, HOME, LANG, ...values, ...(base === undefined ? {} : { GONOGO_TARGET: base }) };
}

/** The last lines, secrets removed before anything is cut. */
function tailOf(output: string, { redact }: Asking): string {
  const lines = redact(output)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const text = lines.slice(-evidence.lines).join(' ⏎ ');
  if (text === '') return '';
  return `: ${text.length > evidence.characters ? `…${text.slice(-evidence.characters)}` : excerpt(text, evidence.characters)}`;
}

function notStarted(error: unknown, program: string): Answer {
  if (isErrno(error, 'ENOENT'))
    return fail('usage', `there is no command ${program}`, 'install it, or correct the check');
  if (isErrno(error, 'EACCES'))
    return fail('usage', `${program} cannot be run: no permission`, 'make it executable');
  throw error;
}
