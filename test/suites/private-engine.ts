import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '../../packages/gonogo/src/system/exec.ts';
import { clientOf } from './docker-host.ts';
import { eventually } from './eventually.ts';

/** An engine of its own, to be killed: with its own images, network and firewall. */
export type PrivateEngine = {
  readonly host: string;
  /** SIGKILL; what it started runs on. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
};

export async function privateEngine(): Promise<PrivateEngine> {
  const root = await mkdtemp(join(tmpdir(), 'gonogo-engine-'));
  const socket = join(root, 'docker.sock');
  const host = `unix://${socket}`;
  const docker = clientOf(host);
  const address = join(root, 'containerd.sock');
  // As a distribution runs it, a process of its own: one that the engine starts would not survive the engine.
  const containerd = spawn(
    'containerd',
    ['--address', address, '--root', join(root, 'containerd'), '--state', join(root, 'state')],
    { stdio: 'ignore' },
  );
  let engine: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    await rm(join(root, 'pid'), { force: true });
    await eventually('containerd', () => existsSync(address));
    engine = spawn('unshare', ['--net', 'dockerd', ...flags(root), '--containerd', address, '--host', host], {
      stdio: 'ignore',
    });
    await eventually('an engine', () => docker.ping().catch(() => undefined)); // It starts.
    await inNetworkOf(engine, ['ip', 'link', 'set', 'lo', 'up']);
  };
  await start();
  return {
    host,
    kill: () => end(engine, 'SIGKILL'),
    start,
    close: async () => {
      await end(engine, 'SIGTERM');
      await end(containerd, 'SIGTERM');
      // An engine that was killed left its data mounted over itself.
      await exec(['umount', '--quiet', join(root, 'data')], { cwd: '/', env });
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  const ended = child && once(child, 'exit');
  child?.kill(signal);
  await ended;
}

async function inNetworkOf({ pid }: ChildProcess, argv: readonly string[]): Promise<void> {
  const { code, stderr } = await exec(['nsenter', '--target', String(pid), '--net', ...argv], {
    cwd: '/',
    env,
  });
  if (code !== 0) throw new Error(stderr);
}

const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

const flags = (root: string): string[] => [
  ...['--data-root', join(root, 'data'), '--exec-root', join(root, 'exec')],
  ...['--pidfile', join(root, 'pid'), '--log-level', 'warn'],
];
