import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type net from 'node:net';
import type { Limits } from './limits.ts';

/** `left` is called when the connection is gone. */
type Enter = (socket: net.Socket, left: () => void) => void;

/** Sends whoever comes without encryption to the same place by HTTPS (RFC 9110 §15.4.9). */
export const redirectDoor = (limits: Limits, port: () => number): Enter =>
  door(limits, (request, response) => {
    const [, name] = /^([\w.-]+|\[[0-9a-f:.]+\])(?::\d+)?$/i.exec(request.headers.host ?? '') ?? [];
    const path = request.url ?? '/';
    if (name === undefined || !path.startsWith('/')) {
      end(response, 400, 'the request is malformed\n');
      return;
    }
    const suffix = port() === 443 ? '' : `:${port()}`;
    response.setHeader('Location', `https://${name}${suffix}${path}`);
    end(response, 308, 'this is served by HTTPS\n');
  });

/** What Prometheus reads. Who can connect may read it: it listens on the loopback alone. */
export const metricsDoor = (limits: Limits, page: () => Promise<string>): Enter =>
  door(limits, (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      end(response, 404, 'there is only GET /metrics here\n');
      return;
    }
    page().then(
      (text) => {
        response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
        end(response, 200, text);
      },
      () => end(response, 500, 'the counts could not be read\n'),
    );
  });

/** One question a connection: whoever asks again does not notice a proxy that was replaced meanwhile. */
function door(
  limits: Pick<Limits, 'head'>,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Enter {
  const server: Server = createServer((request, response) => {
    request.resume();
    response.setHeader('Connection', 'close');
    answer(request, response);
  });
  return (socket, left) => {
    // A server that does not listen itself looks at no clock.
    const timer = setTimeout(() => socket.destroy(), limits.head);
    socket.once('close', () => {
      clearTimeout(timer);
      left();
    });
    server.emit('connection', socket);
    socket.resume(); // It was accepted paused.
  };
}

function end(response: ServerResponse, status: number, text: string): void {
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.writeHead(status);
  response.end(text);
}
