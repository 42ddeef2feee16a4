import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export type CommandOptions = {
  /** Default: the project's folder. */
  readonly cwd?: string;
  /** Added to the sandbox's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** On a terminal of its own, whose keys are pressed with `press`; default: no terminal, no input. */
  readonly terminal?: boolean;
};

/** How a command ended, and what it said. */
export type Done = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The JSON value on the last line of standard output; fails with all that was said when there is none. */
  json<T>(): T;
  /** Everything it said, for the message of an assertion. */
  said(): string;
};

/** A command that runs. */
export type Running = {
  readonly child: ChildProcess;
  readonly done: Promise<Done>;
  /** Types this at its terminal: `\u0003` is Ctrl-C. */
  press(keys: string): void;
  /** What it has said so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** Resolves when standard output or standard error holds this; fails when the command ends before. */
  says(text: string): Promise<void>;
};

type Starting = Pick<CommandOptions, 'terminal'> & Required<Omit<CommandOptions, 'terminal'>>;

export function startCommand(argv: readonly string[], { terminal, ...options }: Starting): Running {
  const [command = '', ...args] = terminal ? onTerminal(argv) : argv;
  const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  if (!terminal) child.stdin.end();
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const done = once(child, 'close').then(([code, signal]) => makeDone({ ...said, code, signal }));
  const says = async (text: string): Promise<void> => {
    while (!said.stdout.includes(text) && !said.stderr.includes(text)) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`the command ended before it said "${text}":\n${said.stdout}${said.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const press = (keys: string): void => void child.stdin.write(keys);
  return { child, done, press, output: () => ({ ...said }), says };
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** script(1) gives a command a pseudo-terminal, and passes on what it is sent; what it records goes nowhere. */
const onTerminal = (argv: readonly string[]): string[] => [
  ...['script', '--quiet', '--flush', '--return', '--command'],
  // The shell of script(1) would get Ctrl-C too, so it makes way.
  ['exec', ...argv.map(quoted)].join(' '),
  '/dev/null',
];

function makeDone(ended: Pick<Done, 'code' | 'signal' | 'stdout' | 'stderr'>): Done {
  const said = (): string => `exit ${ended.code ?? ended.signal}\n${ended.stdout}${ended.stderr}`;
  return {
    ...ended,
    said,
    json: <T>(): T => {
      const last = ended.stdout.trimEnd().split('\n').at(-1) ?? '';
      try {
        return JSON.parse(last) as T;
      } catch (error) {
        throw new Error(`no JSON on the last line: ${said()}`, { cause: error });
      }
    },
  };
}
