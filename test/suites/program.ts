import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { exec } from '../../packages/gonogo/src/system/exec.ts';
import { freeAddress } from './addresses.ts';

export type Program = { readonly port: number; readonly pid: number; close(): Promise<void> };

/** Starts a server of some kind in the foreground on a free port of 127.0.0.1; resolves when it accepts. */
export async function startProgram(
  folder: string,
  argvFor: (port: number) => Promise<readonly string[]>,
): Promise<Program> {
  const { port } = await freeAddress();
  const [command = '', ...args] = await argvFor(port);
  const env = { PATH: `${process.env.PATH ?? ''}:/usr/sbin`, HOME: folder, XDG_DATA_HOME: folder };
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (part) => {
    said = (said + part).slice(-4_000);
  });
  child.on('error', (error) => {
    said += error.message;
  });
  for (const deadline = performance.now() + 20_000; !(await accepts(port)); await sleep(20)) {
    if (hasEnded(child) || performance.now() > deadline)
      throw new Error(`${command} does not serve:\n${said}`);
  }
  return { port, pid: child.pid ?? 0, close: () => end(child) };
}

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM'); // A master that is killed leaves its workers behind.
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
}

function accepts(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

/** What a program prints, on either stream; undefined where there is no such program. */
export async function printedBy(argv: readonly string[]): Promise<string | undefined> {
  const env = { PATH: `${process.env.PATH ?? ''}:/usr/sbin` };
  const run = await exec(argv, { cwd: '/', env }).catch(() => undefined);
  return run && `${run.stdout}${run.stderr}`;
}
