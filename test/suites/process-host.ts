import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ensureKeeper, type KeeperLink } from '../../packages/gonogo/src/agent/keeper.ts';
import type { PoolSpec } from '../../packages/gonogo/src/ports/runtime.ts';
import { type ProcessRuntime, processRuntime } from '../../packages/gonogo/src/runtimes/process/index.ts';
import type { ProcessOptions } from '../../packages/gonogo/src/runtimes/process/options.ts';
import { removeTree } from '../../packages/gonogo/src/runtimes/process/view.ts';
import { systemClock } from '../../packages/gonogo/src/system/clock.ts';
import { type StateFolder, stateFolder } from '../../packages/gonogo/src/system/state.ts';
import { endAll } from '../e2e/support/processes.ts';
import { type SpecWish, specOf } from './runtime-tools.ts';

/** A state folder of its own with a keeper and a process runtime; closing leaves neither a process nor a file. */
export type ProcessHost = {
  readonly state: StateFolder;
  readonly keeper: KeeperLink;
  readonly runtime: ProcessRuntime;
  readonly errors: unknown[];
  /** A further runtime over the same folder, as after a restart of the agent. */
  again(): Promise<ProcessRuntime>;
  keeperPid(): Promise<number>;
  /** A folder with this script as `server.js`. */
  artifact(script: string): Promise<string>;
  /** A release whose program, `server.js`, is this script; the same name is the same release. */
  release(name: string, script: string, wish?: SpecWish): Promise<PoolSpec>;
  close(): Promise<void>;
};

export async function processHost(options?: ProcessOptions): Promise<ProcessHost> {
  const state = stateFolder(await mkdtemp(join(tmpdir(), 'gonogo-host-')));
  const errors: unknown[] = [];
  const links: KeeperLink[] = [];
  const runtimes: ProcessRuntime[] = [];
  const open = async (): Promise<ProcessRuntime> => {
    const keeper = await ensureKeeper(state.root);
    links.push(keeper);
    const runtime = processRuntime({
      keeper,
      folder: state.instances,
      shared: state.shared,
      clock: systemClock,
      newId,
      random: Math.random,
      onError: (error) => errors.push(error),
      ...(options ? { options } : {}),
    });
    runtimes.push(runtime);
    return runtime;
  };
  const runtime = await open();
  const [keeper] = links;
  if (!keeper) throw new TypeError('no keeper');
  const keeperPid = async (): Promise<number> => (await keeper.call('hello', undefined)).pid;
  return {
    state,
    keeper,
    runtime,
    errors,
    again: open,
    release: (name, script, wish = {}) => writeRelease(join(state.root, 'test-releases', name), script, wish),
    keeperPid,
    artifact: async (script) =>
      (await writeRelease(join(state.root, 'test-releases', newId()), script, {})).artifact,
    close: async () => {
      for (const each of runtimes) each.close();
      for (const launched of await keeper.call('list', undefined)) {
        await keeper.call('forget', { key: launched.key });
        await keeper.call('signal', { key: launched.key, signal: 'SIGKILL' });
      }
      for (const link of links) link.close();
      await endAll(state.root); // Where a keeper was killed, several of the next may be starting.
      await removeTree(state.root);
      await rm(state.root, { recursive: true, force: true });
    },
  };
}

const newId = (): string => randomBytes(6).toString('hex');

async function writeRelease(folder: string, script: string, wish: SpecWish): Promise<PoolSpec> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'server.js'), script);
  const digest = Buffer.from(basename(folder)).toString('hex').padEnd(64, '0').slice(0, 64);
  return specOf(folder, { releaseDigest: `sha256:${digest}`, ...wish });
}
