import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { AccessLog } from './access-log.ts';
import type { RequestHead } from './http/request-head.ts';
import type { Limits } from './limits.ts';
import type { Routes } from './routes.ts';

/** What all connections of a front share. */
export type Serving = {
  readonly routes: Routes;
  /** Whoever sends it in `gonogo-confirm` may know who answers. */
  readonly secret: string;
  readonly limits: Limits;
  /** The access log, if there is one now. */
  readonly log: () => AccessLog | undefined;
  /** Whether a proxy in front of us speaks from this address. */
  readonly trusts: (address: string) => boolean;
  /** Milliseconds, at most `limits.sweep` old: what deadlines are counted by. */
  readonly clock: { now: number };
};

const process = randomBytes(6).toString('hex');
let made = 0;

/** An id that no other request has; not a secret. */
export const newRequestId = (): string => `${process}-${(++made).toString(36)}`;

/** True when the request carries this proxy's own secret, and so may learn who answered it. */
export function confirms(head: RequestHead, secret: string): boolean {
  const given = head.given?.get('gonogo-confirm');
  if (given === undefined || given.length !== secret.length) return false;
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}
