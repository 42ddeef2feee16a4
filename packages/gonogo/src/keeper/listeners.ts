import net from 'node:net';
import { RpcError } from '../system/rpc.ts';
import type { ListenerSpec } from '../wire/keeper.ts';

/** Bound and never listened on here: a parent that listened would accept connections that nobody answers. */
const held = new Map<string, net.BoundSocket>();

const nameOf = (at: ListenerSpec): string => `${at.host} ${at.port}`;

/** Binds an address, unless it is bound already; port 0 is always a new one. Throws the errno, as EADDRINUSE. */
export function bind(at: ListenerSpec): ListenerSpec {
  if (held.has(nameOf(at))) return at;
  const socket = new net.BoundSocket({ host: at.host, port: at.port });
  const real = { host: at.host, port: socket.address().port };
  held.set(nameOf(real), socket);
  return real;
}

/** Lets go of an address; a child that has its descriptor keeps listening. */
export function unbind(at: ListenerSpec): null {
  held.get(nameOf(at))?.close();
  held.delete(nameOf(at));
  return null;
}

/** The descriptor of a bound address. */
export function descriptor(at: ListenerSpec): number {
  const socket = held.get(nameOf(at));
  if (!socket) throw new RpcError('ENOTCONN', `${at.host}:${at.port} was not bound before`);
  return socket.fd();
}
