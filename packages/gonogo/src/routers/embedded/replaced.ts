import { rm } from 'node:fs/promises';
import { isErrno } from '../../system/files.ts';
import { connectRpc, type RpcClient } from '../../system/rpc.ts';
import { inWords } from '../../wire/problems.ts';
import { type ProxyAnswer, ProxyAnswers, type ProxyInput, type ProxyMethod } from '../../wire/proxy.ts';
import { codeOf } from './apply.ts';
import { replacedIn } from './locate.ts';

/** Processes of a proxy that were replaced, and still answer who came to them. */
export async function connectReplaced(folder: string, id: string): Promise<RpcClient[]> {
  const clients = await Promise.all((await replacedIn(folder, id)).map(connectTo));
  return clients.filter((client) => client !== undefined);
}

async function connectTo(socket: string): Promise<RpcClient | undefined> {
  try {
    return await connectRpc(socket);
  } catch (error) {
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ECONNREFUSED')) throw error;
    await rm(socket, { force: true }); // It was killed.
    return undefined;
  }
}

/** It follows the routes file by itself; one that does not answer in time answers no user either. */
const patience = 1_000;

/** Has those who have stayed there go where the newest process sends everybody. */
export async function followed(client: RpcClient): Promise<void> {
  await askReplaced(client, { method: 'reload', input: undefined, within: patience });
}

/** Undefined from one that ends meanwhile: nobody is left with it. */
export async function drainReplaced(
  client: RpcClient,
  input: ProxyInput<'drain'>,
): Promise<ProxyAnswer<'drain'> | undefined> {
  return await askReplaced(client, { method: 'drain', input, within: input.deadline + patience });
}

type Question<M extends ProxyMethod> = {
  readonly method: M;
  readonly input: ProxyInput<M>;
  readonly within: number;
};

async function askReplaced<M extends 'drain' | 'reload'>(
  client: RpcClient,
  { method, input, within }: Question<M>,
): Promise<ProxyAnswer<M> | undefined> {
  const timer = setTimeout(() => client.close(), within);
  try {
    return ProxyAnswers[method].parse(await client.call(method, input), inWords) as ProxyAnswer<M>;
  } catch (error) {
    if (codeOf(error) === 'CONNECTION_LOST' || codeOf(error) === 'NO_ROUTE') return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
