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
import type { ProxyAnswer, ProxyInput, ProxyMethod } from '../../packages/gonogo/src/wire/proxy.ts';
import type { Address } from './addresses.ts';

/** The proxy itself, without keeper and driver, on a socket that this process holds bound. */
export type ProxyProcess = {
  readonly listen: Address;
  readonly child: ChildProcess;
  ask<M extends ProxyMethod>(method: M, input: ProxyInput<M>): Promise<ProxyAnswer<M>>;
  /** Publishes the target `t`, and sends everything to one instance in blue. */
  serve(port: number): Promise<void>;
  /** Another one on the same socket and files. */
  next(): Promise<ProxyProcess>;
  log(): Promise<string>;
  close(): Promise<void>;
};

export async function startProxy(): Promise<ProxyProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-proxy-'));
  const bound = new net.BoundSocket({ host: '127.0.0.1', port: 0 });
  return await launch(folder, bound, false);
}

async function launch(folder: string, bound: net.BoundSocket, isNext: boolean): Promise<ProxyProcess> {
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [entryPath('proxy'), 'p', folder], {
    stdio: ['ignore', log, log, bound.fd()],
    env: { GONOGO_LISTENERS: '1' },
  });
  closeSync(log);
  const client = await connect(join(folder, 'p.sock'), child);
  const ask = async <M extends ProxyMethod>(method: M, input: ProxyInput<M>) =>
    (await client.call(method, input)) as ProxyAnswer<M>;
  return {
    listen: { host: '127.0.0.1', port: bound.address().port },
    child,
    ask,
    serve: async (port) => {
      const target = 't';
      await ask('publish', { target });
      const members = [{ instance: 'blue-1', host: '127.0.0.1', port }];
      await ask('members', { target, slot: 'blue', members });
      const { split: from } = await ask('observe', { target });
      const { token } = await ask('prepare', { target, from, to: { blue: 100 }, fence: 1 });
      await ask('commit', { token });
    },
    next: () => launch(folder, bound, true),
    log: () => readFile(logFile, 'utf8'),
    close: async () => {
      client.close();
      await kill(child);
      if (isNext) return; // The first one takes the rest away.
      bound.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function connect(path: string, child: ChildProcess): Promise<RpcClient> {
  for (const deadline = performance.now() + 20_000; ; await sleep(20)) {
    try {
      return await connectRpc(path);
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
