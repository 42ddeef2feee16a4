import { takeLock } from '../system/lock.ts';
import { type RpcHandlers, serveRpc } from '../system/rpc.ts';
import { stateFolder } from '../system/state.ts';
import type { KeeperMethods, keeperVersion } from '../wire/keeper.ts';
import { anyAlive, forget, launch, list, signal } from './children.ts';
import { bind, unbind } from './listeners.ts';

/**
 * The parent of proxies and instances. It does so little that it never has to be replaced while they run: whatever
 * happens to the agent, they keep their parent and their sockets.
 */
type Handlers = {
  [M in keyof KeeperMethods]: (
    input: KeeperMethods[M]['with'],
  ) => KeeperMethods[M]['answers'] | Promise<KeeperMethods[M]['answers']>;
};

async function main(root: string): Promise<void> {
  outliveEverything();
  const state = stateFolder(root);
  if (!(await takeLock(state.keeperLock))) process.exit(0); // Another keeper serves this folder.
  process.umask(0o022); // What children start with, whoever started us.
  const version: typeof keeperVersion = 1;
  const handlers: Handlers = {
    hello: () => ({ pid: process.pid, version }),
    bind,
    unbind,
    launch: (spec) => launch(spec, (launched) => server.broadcast({ ended: launched })),
    list,
    signal: ({ key, signal: name }) => signal(key, name),
    forget: ({ key }) => forget(key),
    stop: () => !anyAlive() && Boolean(setTimeout(() => process.exit(0), 20)),
  };
  const server = await serveRpc(state.keeperSocket, handlers as RpcHandlers);
}

/** A terminal that closes, a pipe that broke or one odd socket must not cost the children their parent. */
function outliveEverything(): void {
  const report = (error: unknown): boolean =>
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  for (const name of ['SIGHUP', 'SIGINT'] as const) process.on(name, () => undefined);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
}

const [root] = process.argv.slice(2);
if (!root) throw new TypeError('usage: keeper <state folder>');
await main(root);
