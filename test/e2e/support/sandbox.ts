import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeTree } from '../../../packages/gonogo/src/runtimes/process/view.ts';
import { entryPath } from '../../../packages/gonogo/src/system/entries.ts';
import { type StateFolder, stateFolder } from '../../../packages/gonogo/src/system/state.ts';
import { type CommandOptions, type Done, type Running, startCommand } from './command.ts';
import { endAll, processesOf } from './processes.ts';

/** A project's folder and a state folder that nothing else uses. */
export type Sandbox = {
  /** The project's folder: empty, and where commands run. */
  readonly folder: string;
  readonly state: StateFolder;
  /** Everything of this sandbox lies under it, and its name is nobody else's. */
  readonly root: string;
  /** Starts `gonogo` with these arguments. */
  start(args: readonly string[], options?: CommandOptions): Running;
  /** Runs `gonogo` with these arguments to its end, whatever its exit code. */
  run(args: readonly string[], options?: CommandOptions): Promise<Done>;
  /**
   * `gonogo agent stop --all`, where an agent runs; then nothing may be left: no process and no temporary folder.
   * Processes get `patience` milliseconds to be gone; default 30 s.
   */
  stop(options?: { readonly patience?: number }): Promise<void>;
};

/** Where what must be done at the end is left: a test's context, or a program's own list. */
export type Keeping = { after(done: () => Promise<void>): void };

/**
 * Makes a sandbox that is gone after the test, whatever happens in it. A test ends with `stop()`, which proves that
 * gonogo itself leaves nothing; what a failed test leaves is ended by force.
 */
export async function makeSandbox(t: Keeping): Promise<Sandbox> {
  // A short name: the sockets below it may have at most 107 bytes (unix(7)).
  const root = await mkdtemp('/tmp/ge-');
  t.after(() => clear(root));
  const folder = join(root, 'project');
  const temporary = join(root, 'tmp');
  for (const path of [folder, temporary]) await mkdir(path, { mode: 0o700 });
  const state = stateFolder(join(root, 's'));
  const start = (args: readonly string[], options: CommandOptions = {}): Running =>
    startCommand([process.execPath, entryPath('cli'), ...args], {
      cwd: options.cwd ?? folder,
      env: { ...environment(state.root, temporary), ...options.env },
      terminal: options.terminal ?? false,
    });
  const run = (args: readonly string[], options?: CommandOptions): Promise<Done> => start(args, options).done;
  return {
    folder,
    state,
    root,
    start,
    run,
    stop: ({ patience = 30_000 } = {}) => stop({ root, temporary, run, patience }),
  };
}

/** Built, not inherited: a variable in the shell of whoever runs the tests must not change them. */
const environment = (state: string, temporary: string): Record<string, string> => ({
  PATH: [dirname(process.execPath), process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(delimiter),
  HOME: homedir(), // Where npm finds its cache.
  LANG: 'C.UTF-8',
  NO_COLOR: '1',
  TMPDIR: temporary,
  GONOGO_STATE: state,
});

type Stopping = Pick<Sandbox, 'root' | 'run'> & { readonly temporary: string; readonly patience: number };

async function stop(sandbox: Stopping): Promise<void> {
  const done = await sandbox.run(['agent', 'stop', '--all'], { cwd: '/' });
  const none = done.code === 2 && done.stderr.includes('no agent is running');
  assert.ok(done.code === 0 || none, done.said());
  const deadline = performance.now() + sandbox.patience;
  let left = await processesOf(sandbox.root);
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(50);
    left = await processesOf(sandbox.root);
  }
  assert.deepEqual(
    left.map(({ argv }) => argv),
    [],
    'processes are left',
  );
  const temporary = (await readdir(sandbox.temporary)).filter((name) => name !== 'node-compile-cache'); // Node's own.
  assert.deepEqual(temporary, [], 'temporary folders are left');
}

async function clear(root: string): Promise<void> {
  await endAll(root);
  await removeTree(root); // Releases are read-only.
}
