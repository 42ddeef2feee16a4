import { readFile } from 'node:fs/promises';
import { messageOf, problem } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { connectRpc, type RpcClient, RpcError } from '../../system/rpc.ts';
import { inWords } from '../../wire/problems.ts';
import { type ProxyAnswer, ProxyAnswers, type ProxyInput, type ProxyMethod } from '../../wire/proxy.ts';
import { controlSocket, logFile } from './render.ts';

/** One worker of a proxy; 0 is the one that writes the routes file. */
export type Place = {
  readonly folder: string;
  readonly id: string;
  readonly clock: Clock;
  readonly worker: number;
};

/** A proxy that was killed is back within this, also on a busy machine; a call made meanwhile waits for it. */
const patience = 10_000;

/**
 * Asks a proxy, on a connection of its own: there is none to lose when the proxy is started again, and none to keep
 * open. Fails with PROXY_UNREACHABLE when it does not answer in time, and with the proxy's own code when it refuses.
 * Every method may be asked twice, which happens when the proxy ends before it answers.
 */
export async function ask<M extends ProxyMethod>(
  place: Place,
  method: M,
  input: ProxyInput<M>,
): Promise<ProxyAnswer<M>> {
  const since = place.clock.mono();
  const within = patienceWith(method, input);
  for (;;) {
    const client = await connect(place, patience);
    try {
      return await askAt(place, client, { method, input });
    } catch (error) {
      if (!isLost(error) || place.clock.mono() - since > within) throw error;
    } finally {
      client.close();
    }
  }
}

/** A connection that was opened before it is needed. Without one, or when it is lost, `ask` opens another. */
export type Line = {
  ask<M extends ProxyMethod>(method: M, input: ProxyInput<M>): Promise<ProxyAnswer<M>>;
  close(): void;
};

export async function openLine(place: Place): Promise<Line> {
  const client = await connectRpc(socketOf(place)).catch(() => undefined); // It is away just now.
  return {
    ask: async (method, input) => {
      try {
        return client ? await askAt(place, client, { method, input }) : await ask(place, method, input);
      } catch (error) {
        if (!isLost(error)) throw error;
        return await ask(place, method, input);
      }
    },
    close: () => client?.close(),
  };
}

type Question<M extends ProxyMethod> = { readonly method: M; readonly input: ProxyInput<M> };

async function askAt<M extends ProxyMethod>(
  place: Place,
  client: RpcClient,
  { method, input }: Question<M>,
): Promise<ProxyAnswer<M>> {
  const answer = await inTime(place, client.call(method, input), patienceWith(method, input));
  return ProxyAnswers[method].parse(answer, inWords) as ProxyAnswer<M>;
}

const patienceWith = <M extends ProxyMethod>(method: M, input: ProxyInput<M>): number =>
  patience + (method === 'drain' ? (input as ProxyInput<'drain'>).deadline : 0);

const socketOf = ({ folder, id, worker }: Place): string => controlSocket(folder, id, worker);

/** True if a proxy accepts control connections at once. */
export async function isServing(place: Place): Promise<boolean> {
  try {
    (await connectRpc(socketOf(place))).close();
    return true;
  } catch {
    return false; // No socket, or nobody behind it: the caller starts one.
  }
}

/** Connects as soon as the proxy accepts; `within` milliseconds at most. */
export async function connect(place: Place, within: number): Promise<RpcClient> {
  const socket = socketOf(place);
  const since = place.clock.mono();
  for (;;) {
    try {
      return await connectRpc(socket);
    } catch (error) {
      if (place.clock.mono() - since > within) {
        throw problem('PROXY_UNREACHABLE', { socket, why: await whyAway(place, error) }, error);
      }
      await place.clock.sleep(20);
    }
  }
}

async function inTime<T>(place: Place, call: Promise<T>, within: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const socket = socketOf(place);
  const timer = setTimeout(
    () => reject(problem('PROXY_UNREACHABLE', { socket, why: `no answer in ${within} ms` })),
    within,
  );
  try {
    return await Promise.race([call, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A proxy that cannot start says why in the last line of its log. */
async function whyAway(place: Place, error: unknown): Promise<string> {
  const log = await readFile(logFile(place.folder, place.id), 'utf8').catch(() => ''); // It may never have run.
  const last = log.trimEnd().split('\n').at(-1);
  return last && !/^proxy \d+ serves /.test(last) ? last : messageOf(error);
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof RpcError ? error.code : undefined;

const isLost = (error: unknown): boolean => codeOf(error) === 'CONNECTION_LOST';
