import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import net from 'node:net';
import type { Asked, Claim, Held } from './claim.ts';
import { type Destination, destinationOf } from './destination.ts';
import { Exchange } from './exchange.ts';
import { confirms, countOf, isWebSocket } from './headers.ts';
import { limits } from './limits.ts';
import { malformed, nobodyServes, paused, type Refusal, refusalBytes, refusalOf, refuse } from './refuse.ts';
import type { Routes } from './routes.ts';
import { upgrade } from './upgrade.ts';

export type Front = {
  readonly listen: { host: string; port: number }[];
  /** Client connections now. */
  connections(): number;
  /**
   * Soft drain: closes only the listening handles and resolves when no connection is left, or at the deadline, when
   * what is left is cut. `server.close()` of node:http would also kill idle connections, into which requests may
   * already be on their way.
   */
  retire(deadline: number): Promise<void>;
};

type Serving = { readonly routes: Routes; readonly secret: string; readonly connections: Set<net.Socket> };

/** Serves users on sockets that were bound by the keeper and are passed in as descriptors. */
export async function startFront(
  routes: Routes,
  secret: string,
  descriptors: readonly number[],
): Promise<Front> {
  const connections = new Set<net.Socket>();
  const servers = await Promise.all(
    descriptors.map((fd) => startServer({ routes, secret, connections }, fd)),
  );
  return {
    listen: servers.map(addressOf),
    connections: () => connections.size,
    retire: async (deadline) => {
      routes.retire();
      const timer = setTimeout(() => cut(connections), deadline);
      await Promise.all(servers.map(closeListener));
      clearTimeout(timer);
    },
  };
}

async function startServer(serving: Serving, fd: number): Promise<Server> {
  const server = createServer({
    headersTimeout: limits.head,
    requestTimeout: 0, // An upload may take its time; silence is bounded on the instance's side.
    keepAliveTimeout: limits.idleClient,
    connectionsCheckingInterval: limits.sweep,
    shouldUpgradeCallback: isWebSocket,
  });
  server.on('connection', (socket) => {
    socket.setMaxListeners(0); // One for each pipelined request.
    serving.connections.add(socket);
    socket.once('close', () => serving.connections.delete(socket));
  });
  const serve = (request: IncomingMessage, response: ServerResponse): void =>
    handle(serving, request, response);
  server.on('request', serve);
  server.on('checkContinue', serve); // The instance decides whether the client shall go on.
  server.on('upgrade', (request, socket, head) =>
    handleUpgrade(serving, request, { socket: socket as net.Socket, head }),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd }, resolve);
  });
  return server;
}

function handle(serving: Serving, request: IncomingMessage, response: ServerResponse): void {
  route(serving, request, (routed) => {
    if ('refusal' in routed) refuse(response, routed.refusal, routed.close);
    else new Exchange(request, response, { ...routed, routes: serving.routes }).start();
  });
}

function handleUpgrade(serving: Serving, request: IncomingMessage, { socket, head }: Upgraded): void {
  socket.on('error', () => socket.destroy()); // The client went; whoever listens for `close` learns it.
  route(serving, request, (routed) => {
    if ('refusal' in routed) socket.end(refusalBytes(routed.refusal));
    else upgrade(request, { ...routed, client: socket, head });
  });
}

type Upgraded = { readonly socket: net.Socket; readonly head: Buffer };

type Routed =
  | { readonly claim: Claim; readonly destination: Destination; readonly confirmed: boolean }
  | { readonly refusal: Refusal; readonly close: boolean };

/** Where a request goes; told at once, or when its route takes requests again. From then on it is in flight in its slot. */
function route(serving: Serving, request: IncomingMessage, then: (routed: Routed) => void): void {
  const { routes, secret } = serving;
  const refusal = refusalOf(request);
  const destination = destinationOf(request);
  if (refusal || !destination) {
    then({ refusal: refusal ?? malformed, close: true });
    return;
  }
  const claimed = (claim: Claim | undefined): void =>
    then(
      claim
        ? { claim, destination, confirmed: confirms(request, secret) }
        : { refusal: nobodyServes, close: routes.retiring },
    );
  const claim = routes.claim(askedOf(request, destination));
  if (!claim || !('held' in claim)) claimed(claim);
  else if (claim.answerHealth) then({ refusal: paused, close: false });
  else wait(request.socket, claim, claimed);
}

function wait(client: net.Socket, held: Held, admitted: (claim: Claim | undefined) => void): void {
  const left = (): void => held.leave();
  client.once('close', left);
  held.onAdmitted((claim) => {
    client.off('close', left);
    admitted(claim);
  });
}

function askedOf(request: IncomingMessage, { host, path }: Destination): Asked {
  return {
    host: host.toLowerCase().replace(/:\d*$/, ''),
    path: path.replace(/\?.*$/, ''),
    field: (name) =>
      countOf(request.rawHeaders, name) === 1 ? String(request.headers[name] ?? '') : undefined,
    remote: request.socket.remoteAddress ?? '',
    port: request.socket.localPort ?? 0,
  };
}

function addressOf(server: Server): { host: string; port: number } {
  const address = server.address() as net.AddressInfo;
  return { host: address.address, port: address.port };
}

const closeListener = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    net.Server.prototype.close.call(server, () => resolve());
  });

function cut(connections: Iterable<net.Socket>): void {
  for (const socket of connections) socket.destroy();
}
