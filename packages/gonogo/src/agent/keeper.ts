import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, problem } from '../errors.ts';
import { entryPath } from '../system/entries.ts';
import { isErrno, makePrivateFolder } from '../system/files.ts';
import { connectRpc, type RpcClient, RpcError } from '../system/rpc.ts';
import { type StateFolder, stateFolder } from '../system/state.ts';
import {
  KeeperAnswers,
  type KeeperClient,
  KeeperEvent,
  type KeeperMethods,
  type Launched,
} from '../wire/keeper.ts';
import { inWords } from '../wire/problems.ts';

/** How long a keeper may take to answer after it was started. */
const startWithin = 20_000;

/** The agent's connection to the keeper; it survives the keeper. */
export type KeeperLink = KeeperClient & {
  /** Ends the connection; the keeper stays. */
  close(): void;
};

type Link = {
  readonly state: StateFolder;
  readonly listeners: Set<(launched: Launched) => void>;
  /** Closed, or its keeper was asked to stop: no other one is started. */
  over: boolean;
};

/**
 * Connects to the keeper of a state folder, and starts it first when none answers. When it dies another one is
 * started: what its children did in between is for their launchers to find out, by (boot id, pid, start time).
 * Fails with KEEPER_UNREACHABLE.
 */
export async function ensureKeeper(root: string): Promise<KeeperLink> {
  const link: Link = { state: stateFolder(root), listeners: new Set(), over: false };
  let current: Promise<RpcClient> | undefined;
  const connection = async (): Promise<RpcClient> => {
    if (link.over && !current) throw unreachable(link.state, 'it was asked to stop');
    current ??= open(link, () => {
      current = undefined;
      if (!link.over) connection().catch(() => undefined); // The next call meets the same problem and tells it.
    });
    current.catch(() => {
      current = undefined;
    });
    return current;
  };
  await connection();
  return {
    call: async (method, input) => {
      if (link.over) throw unreachable(link.state, 'it was asked to stop');
      if (method !== 'stop') return await ask({ connection, method, input });
      link.over = true;
      const answer = await ask({ connection, method, input });
      link.over = answer === true;
      return answer;
    },
    onEnded: (listener) => {
      link.listeners.add(listener);
      return () => link.listeners.delete(listener);
    },
    close: () => {
      link.over = true;
      current?.then((client) => client.close()).catch(() => undefined); // It never came to be.
    },
  };
}

type Ask<M extends keyof KeeperMethods> = {
  readonly connection: () => Promise<RpcClient>;
  readonly method: M;
  readonly input: KeeperMethods[M]['with'];
};

const unrepeatable: ReadonlySet<keyof KeeperMethods> = new Set(['launch', 'stop']);

/** How often a question is asked whose keeper died under it. */
const attempts = 5;

/**
 * Asks again when the keeper died under the question; not a launch, which may have been carried out, and not for it to
 * stop, which would start another one first.
 */
async function ask<M extends keyof KeeperMethods>(asking: Ask<M>): Promise<KeeperMethods[M]['answers']> {
  const { connection, method, input } = asking;
  for (let attempt = 1; ; attempt++) {
    const client = await connection();
    try {
      return KeeperAnswers[method].parse(await client.call(method, input), inWords);
    } catch (error) {
      if (!isLost(error) || unrepeatable.has(method) || attempt === attempts) throw error;
      await client.closed;
      await sleep(20 * attempt);
    }
  }
}

const isLost = (error: unknown): boolean => error instanceof RpcError && error.code === 'CONNECTION_LOST';

async function open(link: Link, onGone: () => void): Promise<RpcClient> {
  const client = await connectOrStart(link.state);
  client.onEvent((event) => {
    const { ended } = KeeperEvent.parse(event, inWords);
    for (const listener of link.listeners) listener(ended);
  });
  void client.closed.then(onGone);
  return client;
}

async function connectOrStart(state: StateFolder): Promise<RpcClient> {
  const deadline = performance.now() + startWithin;
  let why = 'it was not there';
  for (let attempt = 0; performance.now() < deadline; attempt++) {
    try {
      return await connectRpc(state.keeperSocket);
    } catch (error) {
      if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ECONNREFUSED'))
        throw unreachable(state, messageOf(error), error);
      why = messageOf(error);
    }
    // Starting one too many does no harm: the lock lets one serve and the others go.
    if (attempt % 100 === 0) await startKeeper(state);
    await sleep(20);
  }
  throw unreachable(state, why);
}

const unreachable = (state: StateFolder, why: string, cause?: unknown): Error =>
  problem('KEEPER_UNREACHABLE', { socket: state.keeperSocket, why }, cause);

/** Detached, in a folder nobody needs to remove, with nothing of our environment but what finds programs. */
async function startKeeper(state: StateFolder): Promise<void> {
  await makePrivateFolder(state.root);
  const log = openSync(state.keeperLog, 'a', 0o600);
  try {
    const child = spawn(process.execPath, [entryPath('keeper'), state.root], {
      cwd: '/',
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', TZ: 'UTC' },
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.on('error', () => undefined); // Nobody answers then, which is what is reported.
    child.unref();
  } finally {
    closeSync(log);
  }
}
