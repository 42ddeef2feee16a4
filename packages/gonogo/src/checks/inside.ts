import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { CheckResult, CheckSpec } from '../domain/check.ts';
import type { CheckRun } from '../ports/checks.ts';
import type { Inside, Vantage } from '../ports/vantage.ts';
import { entryPath } from '../system/entries.ts';
import { isAlive } from '../system/process.ts';

/** What the program that asks from inside reads from its input; values and secrets never reach its arguments. */
export type InsideQuestion = {
  readonly specs: readonly CheckSpec[];
  readonly at: Omit<Vantage, 'inside' | 'run'>;
  readonly secrets: readonly string[];
  /** Whose `/etc/resolv.conf` and `/etc/hosts` count. */
  readonly pid: number;
};

/** One line of its output: which of the specs, and what came of it. */
export type InsideAnswer = { readonly index: number; readonly result: CheckResult };

/**
 * Asks checks in the network of a process, with its resolver: by a program of ours that nsenter(1) puts there, so nothing
 * has to be in an image. What cannot be asked is unknown, and says why. Needs root.
 */
export async function askInside(
  specs: readonly CheckSpec[],
  { inside, run: _, ...at }: Vantage & { readonly inside: Inside },
  run: CheckRun,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const heard = ({ index, result }: InsideAnswer): void => {
    results[index] = result;
    run.onResult?.(result);
  };
  const question = { specs, at, secrets: run.secrets, pid: inside.process.pid };
  const why = isAlive(inside.process)
    ? await ask(question, { signal: run.signal, heard })
    : 'it has ended, and its network with it';
  return specs.map((spec, index) => results[index] ?? unanswered(spec, at.from, why));
}

type Asking = { readonly signal: AbortSignal; readonly heard: (answer: InsideAnswer) => void };

/** Answers why there may be checks without an answer. */
async function ask(question: InsideQuestion, { signal, heard }: Asking): Promise<string> {
  if (signal.aborted) return 'stopped before it was answered';
  const enter = ['--target', String(question.pid), '--net', '--', 'unshare', '--mount', '--'];
  const { PATH = '/usr/sbin:/usr/bin:/sbin:/bin' } = process.env;
  const child = spawn('nsenter', [...enter, process.execPath, entryPath('inside')], {
    cwd: '/',
    env: { PATH },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const kill = (): boolean => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  child.stdin.on('error', () => undefined); // It ended before it read everything: its end says why.
  child.stdin.end(JSON.stringify(question));
  const failed = new Promise<string>((resolve) => child.once('error', (error) => resolve(error.message)));
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(lastLine(said))));
  createInterface({ input: child.stdout }).on('line', (line) => heard(JSON.parse(line) as InsideAnswer));
  const why = await Promise.race([failed, ended]);
  signal.removeEventListener('abort', kill);
  return signal.aborted ? 'stopped before it was answered' : why;
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) || 'it ended without an answer';

const unanswered = ({ name, kind }: CheckSpec, from: string, why: string): CheckResult => ({
  name,
  kind,
  verdict: 'unknown',
  ms: 0,
  attempts: 0,
  flaky: false,
  from,
  saw: `cannot be asked from inside ${from}: ${why}`,
  hint: 'an agent that runs as root can enter the network of a container, with nsenter and unshare of util-linux',
  failure: 'inside',
});
