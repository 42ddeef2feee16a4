import { once } from 'node:events';
import net from 'node:net';
import type { RulesWire } from '../../packages/gonogo/src/wire/proxy.ts';
import type { Address } from './addresses.ts';
import type { ProxyProcess } from './proxy-process.ts';

/** A server of raw bytes: `serve` gets every connection, and with `allowHalfOpen` may write on when its client has ended. */
export async function startRaw(
  serve: (socket: net.Socket) => void,
  options: { allowHalfOpen?: boolean } = {},
) {
  const sockets = new Set<net.Socket>();
  const server = net.createServer(options, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    connections: () => sockets.size,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export type RawInstance = {
  readonly serve: (socket: net.Socket) => void;
  readonly rules?: RulesWire;
  readonly allowHalfOpen?: boolean;
};

/** Has a proxy send the users of its target `t` to one raw instance while `act` runs. */
export async function withRaw<T>(
  proxy: Pick<ProxyProcess, 'serveTarget'>,
  { serve, rules, ...options }: RawInstance,
  act: () => Promise<T>,
): Promise<T> {
  const upstream = await startRaw(serve, options);
  await proxy.serveTarget('t', upstream.port, rules);
  try {
    return await act();
  } finally {
    await upstream.close();
  }
}

/** Sends raw bytes and reads everything until the end; `reset` tells how it ended. */
export function raw(port: number, bytes: string): Promise<{ text: string; reset: boolean }> {
  return new Promise((resolve) => {
    let text = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('latin1').on('data', (part) => {
      text += part;
    });
    socket.on('end', () => resolve({ text, reset: false }));
    socket.on('error', () => resolve({ text, reset: true }));
    socket.on('close', () => resolve({ text, reset: true }));
    setTimeout(() => socket.destroy(), 15_000).unref();
  });
}

/** A connection that has carried a request, and one more on it. */
export async function keepConnection(listen: Address) {
  const socket = net.connect(listen.port, listen.host).setEncoding('latin1');
  const ask = async (): Promise<string> => {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const [answer] = await once(socket, 'data');
    return answer;
  };
  await ask();
  return { socket, ask };
}

/** A GET as text, with more header lines if there are any; the connection is closed after the answer. */
export const asked = (path = '/', more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n${more}\r\n`;
