import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { entryPath } from '../../packages/gonogo/src/system/entries.ts';
import { connectRpc, type RpcClient } from '../../packages/gonogo/src/system/rpc.ts';
import type {
  ProxyAnswer,
  ProxyInput,
  ProxyMethod,
  RulesWire,
  SettingsWire,
} from '../../packages/gonogo/src/wire/proxy.ts';
import type { Address } from './addresses.ts';

/** The proxy itself, without keeper and driver, on a socket that this process holds bound. */
export type ProxyProcess = {
  readonly listen: Address;
  /** Where it listens as well. */
  readonly extra: readonly Address[];
  readonly folder: string;
  readonly child: ChildProcess;
  ask<M extends ProxyMethod>(method: M, input: ProxyInput<M>): Promise<ProxyAnswer<M>>;
  /** Publishes the target `t`, and sends everything to one instance in blue. */
  serve(port: number, settings?: SettingsWire): Promise<void>;
  /** Publishes a target by its rules, and sends everything to one instance in blue. */
  serveTarget(target: string, port: number, rules?: RulesWire): Promise<void>;
  /** Another one on the same socket and files: in its place, or as a worker beside it. */
  next(worker?: number): Promise<ProxyProcess>;
  log(): Promise<string>;
  close(): Promise<void>;
};

/** `extra`: how many more addresses it listens on. */
export async function startProxy(extra = 0): Promise<ProxyProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-proxy-'));
  const bound = Array.from({ length: 1 + extra }, () => new net.BoundSocket({ host: '127.0.0.1', port: 0 }));
  return await launch({ folder, bound, isNext: false, worker: 0 });
}

type Launching = {
  readonly folder: string;
  readonly bound: readonly net.BoundSocket[];
  readonly isNext: boolean;
  readonly worker: number;
};

async function launch(launching: Launching): Promise<ProxyProcess> {
  const { folder, bound, isNext, worker } = launching;
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [entryPath('proxy'), 'p', folder, String(worker)], {
    stdio: ['ignore', log, log, ...bound.map((one) => one.fd())],
    env: { GONOGO_LISTENERS: String(bound.length) },
  });
  closeSync(log);
  const client = await connect(join(folder, worker === 0 ? 'p.sock' : `p.w${worker}.sock`), child);
  const ask = async <M extends ProxyMethod>(method: M, input: ProxyInput<M>) =>
    (await client.call(method, input)) as ProxyAnswer<M>;
  const serveTarget = async (target: string, port: number, rules?: RulesWire): Promise<void> => {
    await ask('publish', { target, ...(rules ? { rules } : {}) });
    await sendAll(target, port);
  };
  const sendAll = async (target: string, port: number): Promise<void> => {
    const members = [{ instance: 'blue-1', host: '127.0.0.1', port }];
    await ask('members', { target, slot: 'blue', members });
    const { split: from } = await ask('observe', { target });
    const { token } = await ask('prepare', { target, from, to: { blue: 100 }, fence: 1 });
    await ask('commit', { token });
  };
  const [listen, ...extra] = bound.map((one) => ({ host: '127.0.0.1', port: one.address().port }));
  if (!listen) throw new TypeError('a proxy listens somewhere');
  return {
    listen,
    extra,
    folder,
    child,
    ask,
    serve: async (port, settings) => {
      await ask('publish', { target: 't', ...(settings ? { settings } : {}) });
      await sendAll('t', port);
    },
    serveTarget,
    next: (other = 0) => launch({ ...launching, isNext: true, worker: other }),
    log: () => readFile(logFile, 'utf8'),
    close: async () => {
      client.close();
      await kill(child);
      if (isNext) return; // The first one takes the rest away.
      for (const one of bound) one.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The one before it may still answer at the same path. */
async function connect(path: string, child: ChildProcess): Promise<RpcClient> {
  for (const deadline = performance.now() + 20_000; ; await sleep(20)) {
    try {
      const client = await connectRpc(path);
      const { pid } = (await client.call('hello', undefined)) as ProxyAnswer<'hello'>;
      if (pid === child.pid) return client;
      client.close();
    } catch (error) {
      if (child.exitCode !== null || performance.now() > deadline) throw error;
    }
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
