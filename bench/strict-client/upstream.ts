import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

export type Upstream = { readonly port: number; close(): Promise<void> };

/**
 * A tiny application of one version: every answer begins with the version; POST is answered with what was sent;
 * `/stream` counts as server-sent events, ten a second; a WebSocket is echoed.
 */
export async function startUpstream(version: string): Promise<Upstream> {
  const server = createServer((request, response) => answer(version, request, response));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`${version} ${data}`)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(version: string, request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/stream') {
    count(version, response);
    return;
  }
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => response.end(`${version} ${Buffer.concat(parts)}`));
}

function count(version: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  let next = 0;
  const timer = setInterval(() => response.write(`data: ${version} ${next++}\n\n`), 100);
  response.on('close', () => clearInterval(timer));
}
