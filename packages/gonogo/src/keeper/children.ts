import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { bootId, identify } from '../system/process.ts';
import { RpcError } from '../system/rpc.ts';
import type { Launched, LaunchSpec } from '../wire/keeper.ts';
import { descriptor } from './listeners.ts';

type Child = {
  readonly spec: LaunchSpec;
  launched: Launched;
  /** Taken back by `forget`. */
  respawn: boolean;
  /** How often in a row it ended within a second. */
  quickEnds: number;
  timer?: NodeJS.Timeout;
};

type OnEnded = (launched: Launched) => void;

/** Every launch by its key, until it is forgotten. */
const children = new Map<string, Child>();

export const list = (): Launched[] => [...children.values()].map((child) => child.launched);
export const anyAlive = (): boolean =>
  [...children.values()].some((child) => !child.launched.ended || child.respawn);

/** Starts a child; a known key answers the first launch. Throws the errno; ENOTDIR is a missing working folder. */
export async function launch(spec: LaunchSpec, onEnded: OnEnded): Promise<Launched> {
  const first = children.get(spec.key);
  if (first) return first.launched;
  const { started, launched } = start(spec);
  // Nothing is awaited before the key is known, or the same launch twice at once would be two.
  if (!launched) throw await spawnError(started, spec);
  const child: Child = { spec, launched, respawn: spec.respawn, quickEnds: 0 };
  children.set(spec.key, child);
  watch(child, started, onEnded);
  return launched;
}

function start(spec: LaunchSpec): { started: ChildProcess; launched?: Launched } {
  const fds = spec.listeners.map(descriptor);
  const [command = '', ...args] = spec.argv;
  const output = openSync(spec.output, 'a', 0o600);
  try {
    const started = spawn(command, args, {
      cwd: spec.cwd,
      env: fds.length > 0 ? { ...spec.env, GONOGO_LISTENERS: String(fds.length) } : spec.env,
      stdio: ['ignore', output, output, ...fds],
      detached: true,
      ...(spec.uid === undefined ? {} : { uid: spec.uid }),
      ...(spec.gid === undefined ? {} : { gid: spec.gid }),
    });
    const { pid } = started;
    if (pid === undefined) return { started };
    const identity = identify(pid) ?? { boot: bootId(), pid, startTime: '' };
    return { started, launched: { key: spec.key, labels: spec.labels, ...identity, startedAt: Date.now() } };
  } finally {
    closeSync(output);
  }
}

/** Node reports a missing working folder as a missing command; the two need different words. */
async function spawnError(failed: ChildProcess, spec: LaunchSpec): Promise<Error> {
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => failed.once('error', resolve));
  if (error.code !== 'ENOENT' || statSync(spec.cwd, { throwIfNoEntry: false })?.isDirectory()) return error;
  return new RpcError('ENOTDIR', `the working folder ${spec.cwd} does not exist`);
}

function watch(child: Child, started: ChildProcess, onEnded: OnEnded): void {
  started.once('exit', (code, signal) => {
    const ended = { code, signal, at: Date.now() };
    child.launched = { ...child.launched, ended };
    child.quickEnds = ended.at - child.launched.startedAt < 1000 ? child.quickEnds + 1 : 0;
    if (child.respawn) startAgain(child, onEnded);
    else if (child.spec.respawn) children.delete(child.spec.key); // It was forgotten while it lived.
    onEnded(child.launched);
  });
}

/** At once, unless it ended within a second twice in a row: a broken program must not keep a processor busy. */
function startAgain(child: Child, onEnded: OnEnded): void {
  const pause = child.quickEnds < 2 ? 0 : Math.min(100 * 2 ** (child.quickEnds - 2), 5000);
  child.timer = setTimeout(async () => {
    try {
      const { started, launched } = start(child.spec);
      if (!launched) throw await spawnError(started, child.spec);
      child.launched = launched;
      watch(child, started, onEnded);
    } catch (error) {
      process.stderr.write(`${child.spec.key} cannot be started again: ${String(error)}\n`);
      child.quickEnds += 1;
      if (child.respawn) startAgain(child, onEnded);
    }
  }, pause);
}

/** Signals the process group of a child that lives; false when there is none. */
export function signal(key: string, name: string): boolean {
  const child = children.get(key);
  if (!child || child.launched.ended) return false;
  return process.kill(-child.launched.pid, name);
}

/** Takes an ended launch off the list; one that is started again and again is not any more. */
export function forget(key: string): null {
  const child = children.get(key);
  if (child) child.respawn = false;
  clearTimeout(child?.timer);
  if (child?.launched.ended) children.delete(key);
  return null;
}
