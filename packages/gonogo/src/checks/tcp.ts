import net from 'node:net';
import type { Millis } from '../domain/units.ts';
import { isErrno } from '../system/files.ts';
import { type HostPort, parseHostPort } from './address.ts';
import { type Answer, fail, type Kind, pass } from './kind.ts';
import { networkFailure, noAnswer } from './network.ts';

/** How long a new connection must stay open by default: what refuses clients by address closes it before a byte. */
const settling: Millis = 150;

/** Connects, and sees whether the connection stays open. Says nothing itself, so it suits every protocol. */
export const tcp: Kind<'tcp'> = async (spec, { at, signal, timeout }) => {
  const address = parseHostPort(spec.address);
  if (!address) return fail('usage', 'this is not an address', 'write host:port');
  const began = performance.now();
  const socket = net.connect(connectOptions(address, at.localAddress));
  const progress = { ...address, timeout, resolved: net.isIP(address.host) !== 0, connected: false };
  socket.on('lookup', (error) => {
    progress.resolved = !error;
  });
  try {
    await once(socket, 'connect', signal);
    const took = performance.now() - began;
    const settle = spec.settle ?? settling;
    return settle > 0 && (await closedAtOnce(socket, { settle, signal }))
      ? closed(socket.localAddress)
      : { ...pass(connected(address)), ms: took };
  } catch (error) {
    if (signal.aborted) return noAnswer(progress);
    // A port that is not open refuses; a reset before we heard of the connection is a connection that was cut at once.
    return isErrno(error, 'ECONNRESET') ? closed(at.localAddress) : networkFailure(error, progress);
  } finally {
    socket.destroy();
  }
};

/** What to connect to, from which address: a source decides the family of a name that has both. */
export const connectOptions = ({ host, port }: HostPort, localAddress?: string): net.TcpNetConnectOpts =>
  localAddress === undefined ? { host, port } : { host, port, localAddress, family: net.isIP(localAddress) };

/** Resolves with an event; rejects with the socket's error, or when the signal aborts. */
function once(socket: net.Socket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(signal.reason);
    signal.addEventListener('abort', late, { once: true });
    if (signal.aborted) late();
    socket.once('error', reject);
    socket.once(event, () => {
      signal.removeEventListener('abort', late);
      resolve();
    });
  });
}

/** True when the other side ends the connection within the settling time and without a byte. */
function closedAtOnce(
  socket: net.Socket,
  { settle, signal }: { settle: Millis; signal: AbortSignal },
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), settle);
    const decide = (closed: boolean) => () => {
      clearTimeout(timer);
      resolve(closed);
    };
    socket.once('data', decide(false));
    socket.once('end', decide(true));
    socket.once('error', decide(true));
    signal.addEventListener('abort', decide(false), { once: true });
  });
}

const closed = (source = 'this address'): Answer =>
  fail(
    'closed',
    'opened, then closed at once',
    `something in front does not admit ${source}: most likely an allow-list or a firewall rule that lacks this address`,
  );

const connected = ({ scheme }: HostPort): string =>
  !scheme || scheme === 'tcp'
    ? 'connected'
    : `connected (the port accepts; gonogo does not speak ${scheme} yet)`;
