import type { Millis } from '../domain/units.ts';
import { messageOf } from '../errors.ts';
import { type Answer, fail } from './kind.ts';
import { inWords } from './words.ts';

/** How far a connection came before it failed. */
export type Progress = {
  readonly host: string;
  readonly port: number;
  /** A name that was resolved, or a numeric address. */
  readonly resolved: boolean;
  readonly connected: boolean;
  readonly timeout: Millis;
};

type Words = (at: Progress) => Answer;

/** errno(3) and getaddrinfo(3) in plain words, with what each most likely means. */
const words: Readonly<Record<string, Words>> = {
  ECONNREFUSED: ({ host, port }) =>
    fail(
      'refused',
      'connection refused',
      `${host} answers, but nothing listens on port ${port}: is it started, is the port right?`,
    ),
  ECONNRESET: () =>
    fail('reset', 'the connection was reset', 'it was opened and then cut off by the other side'),
  EPIPE: () => fail('reset', 'the connection was reset', 'it was opened and then cut off by the other side'),
  ENOTFOUND: ({ host }) =>
    fail(
      'dns',
      `the name ${host} is not known`,
      'check its spelling, and the name servers this is asked from',
    ),
  EAI_AGAIN: ({ host }) =>
    fail('dns', `no name server answered for ${host}`, 'check the name servers this is asked from'),
  EHOSTUNREACH: ({ host }) =>
    fail(
      'unreachable',
      'no route to host',
      `the network says ${host} cannot be reached: a missing route, or a firewall that rejects`,
    ),
  ENETUNREACH: () =>
    fail('unreachable', 'no route to the network', 'this side has no route there: check its network'),
  EACCES: () => fail('unreachable', 'not permitted', 'a firewall rule on this side rejects it'),
  EPERM: () => fail('unreachable', 'not permitted', 'a firewall rule on this side rejects it'),
  EADDRNOTAVAIL: () =>
    fail('usage', 'the source address is not one of this machine', 'correct the environment’s address'),
  // connect(2): a loopback source cannot leave the machine. The runner asks again from the system's own choice.
  EINVAL: () => fail('source', 'the source address cannot reach it', 'correct the environment’s address'),
  ETIMEDOUT: (at) => noAnswer(at),
};

/** A failed connection as an answer. */
export function networkFailure(error: unknown, at: Progress): Answer {
  const code = (error as { code?: unknown }).code;
  const known = typeof code === 'string' && Object.hasOwn(words, code) ? words[code] : undefined;
  return known ? known(at) : fail('connection', messageOf(error) || String(code));
}

/** A connection that met its deadline, by how far it came. */
export function noAnswer({ host, resolved, connected, timeout }: Progress): Answer {
  const saw = `no answer in ${inWords(timeout)}`;
  if (connected)
    return fail('timeout', saw, 'it accepts connections but does not answer in time: overloaded, or stuck');
  if (!resolved)
    return fail('dns', `the name ${host} was not resolved in ${inWords(timeout)}`, 'check the name servers');
  const name = /^[\d.]+$|:/.test(host) ? '' : 'The name resolves; ';
  return fail('timeout', saw, `${name}nothing answers: most likely a firewall rule.`.replace(/^n/, 'N'));
}
