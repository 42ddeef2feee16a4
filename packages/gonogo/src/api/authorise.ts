import type { IncomingMessage } from 'node:http';
import { problem } from '../errors.ts';

/**
 * The one function that every handler passes. It throws API_FORBIDDEN for a caller who may not.
 * A later listener on TCP brings its own, with tokens.
 */
export type Authorise = (request: IncomingMessage) => void;

/** The socket has mode 0600 in a folder of mode 0700, so the kernel let only this user, or root, come this far. */
export const ownUserOnly: Authorise = ({ socket }) => {
  // A connection over TCP has a remote address; one over a unix socket has none.
  if (socket.remoteAddress !== undefined) throw problem('API_FORBIDDEN', {});
};
