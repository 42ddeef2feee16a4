import { chmod, rm } from 'node:fs/promises';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { problem } from '../errors.ts';

/**
 * Calls over a unix socket, one JSON object a line: `{ id, do, with }` is answered by `{ id, ok }` or `{ id, error }`,
 * and `{ event }` comes unasked. The keeper and the proxies are controlled by it; both ends are gonogo's own.
 */
export type RpcHandlers = Readonly<Record<string, (input: unknown) => unknown>>;

export type RpcServer = { broadcast(event: unknown): void; close(): Promise<void> };

export type RpcClient = {
  call(method: string, input?: unknown): Promise<unknown>;
  onEvent(listener: (event: unknown) => void): void;
  /** Settles when the connection is gone. */
  readonly closed: Promise<void>;
  close(): void;
};

/** An error that the other end answered, with its code. */
export class RpcError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
  }
}

/** Serves handlers at a socket only this user can open: the mode is set before anybody can connect (umask). */
export async function serveRpc(path: string, handlers: RpcHandlers): Promise<RpcServer> {
  if (Buffer.byteLength(path) > 107) throw problem('SOCKET_PATH_LONG', { path });
  await rm(path, { force: true });
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()); // The peer went; `close` follows.
    socket.on('close', () => sockets.delete(socket));
    readLines(socket, (line) => void answer(socket, handlers, line));
  });
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(umask);
  }
  await chmod(path, 0o600);
  return {
    broadcast: (event) => {
      for (const socket of sockets) send(socket, { event });
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A readline interface emits its input's errors once more; they have been dealt with at the socket. */
const readLines = (socket: net.Socket, onLine: (line: string) => void): void => {
  createInterface({ input: socket })
    .on('line', onLine)
    .on('error', () => undefined);
};

async function answer(socket: net.Socket, handlers: RpcHandlers, line: string): Promise<void> {
  let id: unknown;
  try {
    const request = JSON.parse(line) as { id: unknown; do: string; with: unknown };
    id = request.id;
    const handler = Object.hasOwn(handlers, request.do) ? handlers[request.do] : undefined;
    if (!handler) throw new RpcError('UNKNOWN_METHOD', `there is no method ${request.do}`);
    send(socket, { id, ok: (await handler(request.with)) ?? null });
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const message = error instanceof Error ? error.message : String(error);
    send(socket, { id, error: { code: typeof code === 'string' ? code : 'FAILED', message } });
  }
}

/** Connects to a socket served by `serveRpc`; rejects with the system's error when nobody listens. */
export async function connectRpc(path: string): Promise<RpcClient> {
  const socket = net.connect(path);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const listeners = new Set<(event: unknown) => void>();
  const gone = Promise.withResolvers<void>();
  let next = 0;
  socket.on('error', () => socket.destroy()); // `close` follows and fails what waits.
  socket.on('close', () => {
    for (const call of waiting.values())
      call.reject(new RpcError('CONNECTION_LOST', `the connection to ${path} was lost`));
    waiting.clear();
    gone.resolve();
  });
  readLines(socket, (line) => {
    const message = JSON.parse(line) as Answer;
    if ('event' in message) for (const listener of listeners) listener(message.event);
    else settle(waiting, message);
  });
  return {
    call(method, input) {
      if (socket.destroyed)
        return Promise.reject(new RpcError('CONNECTION_LOST', `the connection to ${path} was lost`));
      const id = next++;
      const call = Promise.withResolvers<unknown>();
      waiting.set(id, call);
      send(socket, { id, do: method, with: input });
      return call.promise;
    },
    onEvent: (listener) => void listeners.add(listener),
    closed: gone.promise,
    close: () => socket.destroy(),
  };
}

type Answer =
  | { readonly event: unknown }
  | {
      readonly id: number;
      readonly ok?: unknown;
      readonly error?: { readonly code: string; readonly message: string };
    };

function settle(
  waiting: Map<number, PromiseWithResolvers<unknown>>,
  answer: Exclude<Answer, { event: unknown }>,
): void {
  const call = waiting.get(answer.id);
  waiting.delete(answer.id);
  if (answer.error) call?.reject(new RpcError(answer.error.code, answer.error.message));
  else call?.resolve(answer.ok);
}

const send = (socket: net.Socket, message: unknown): void => {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
};
