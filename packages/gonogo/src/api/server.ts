import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { messageOf, problem } from '../errors.ts';
import type { Logger } from '../system/log.ts';
import { ownUserOnly } from './authorise.ts';
import type { Api, StreamingApi } from './contract.ts';

export type ApiServer = {
  /** Stops listening, ends every open stream, and takes the socket away. */
  close(): Promise<void>;
};

/** Loads what serving needs, for who has to wait for something else first. */
export async function loadServer() {
  const [{ createAdaptorServer }, { createApp }] = await Promise.all([
    import('@hono/node-server'),
    import('./app.ts'),
  ]);
  return { createAdaptorServer, createApp };
}

/**
 * Serves the API at a unix socket that only this user can open.
 * The caller holds the state folder's lock, so a socket that is there already is stale and replaced.
 * Fails with SOCKET_PATH_LONG or STATE_UNUSABLE.
 */
export async function serveApi(path: string, service: Api & StreamingApi, log: Logger): Promise<ApiServer> {
  if (Buffer.byteLength(path) > 107) throw problem('SOCKET_PATH_LONG', { path });
  const { createAdaptorServer, createApp } = await loadServer();
  const app = createApp({ service, authorise: ownUserOnly, log });
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    // An artifact may take longer to send than node:http's five minutes.
    serverOptions: { requestTimeout: 0 },
  }) as Server;
  await rm(path, { force: true });
  await listenPrivately(server, path);
  return { close: () => close(server) };
}

async function listenPrivately(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(problem('STATE_UNUSABLE', { path, why: messageOf(error) }, error)),
    );
    server.once('listening', resolve);
  });
  // The socket is bound within the call, so the mask need not stay, and no other file is made under it.
  const umask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(umask);
  }
  await listening;
  await chmod(path, 0o600);
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // What is being answered may finish; streams that go on are cut, so that their readers know it was not the end.
  const cut = setTimeout(() => server.closeAllConnections(), 200);
  await closed;
  clearTimeout(cut);
}
