import { isIPv6 } from 'node:net';
import type { Address } from '../../domain/environment.ts';
import { listenerIn, listenersIn } from '../sockets.ts';
import type { Found } from './world.ts';

/** Docker's own resolver listens in every network that was made by a user. */
const resolver = '127.0.0.11';

/**
 * What a container's processes listen on: everything in its network is theirs. What is published is told by its address
 * on this host; a loopback address in the container is told as it is, because nothing from outside reaches it.
 */
export function listeningOf(found: Found | undefined, port?: number): readonly Address[] | undefined {
  if (!found) return undefined;
  if (found.state.is === 'ended') return [];
  const { place, state } = found;
  const told = (at: Address): Address =>
    at.port === place.inner && !isLoopback(at.host)
      ? { host: place.host, port: place.port }
      : { host: at.host, port: at.port };
  if (port === undefined) return listenersIn(state.pid, (at) => at.host !== resolver).map(told);
  const at = listenerIn(state.pid, (one) => one.host !== resolver && told(one).port === port);
  return at ? [told(at)] : [];
}

const isLoopback = (host: string): boolean => (isIPv6(host) ? host === '::1' : host.startsWith('127.'));
