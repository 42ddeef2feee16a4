import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerHeaders, trailerPairs } from './headers.ts';

export type RelayOptions = {
  /** Headers of our own, names and values in turn. */
  readonly extra: readonly string[];
  /** Called when the instance's answer ended before it was complete. */
  readonly truncated: () => void;
};

/** Streams an instance's answer to the client. Throws, with nothing sent, when its head may not be sent on. */
export function relayAnswer(answer: IncomingMessage, response: ServerResponse, options: RelayOptions): void {
  response.writeHead(answer.statusCode ?? 0, answer.statusMessage ?? '', [
    ...answerHeaders(answer.rawHeaders),
    ...options.extra,
  ]);
  let ended = false;
  answer.on('error', ignore);
  answer.on('end', () => {
    ended = answer.complete;
    if (ended) finish(answer, response);
  });
  answer.on('close', () => {
    if (!ended && !response.writableFinished) options.truncated();
  });
  answer.pipe(response, { end: false });
  sendHeadSoon(answer, response);
}

/** Passes 103 on; other informational answers are optional to forward (RFC 9110 §15.2), and `continue` is its own event. */
export function relayInformation(
  info: { statusCode: number; headers: NodeJS.Dict<string | string[]> },
  response: ServerResponse,
): void {
  const { link } = info.headers;
  if (info.statusCode !== 103 || link === undefined || response.headersSent) return;
  try {
    response.writeEarlyHints({ link });
  } catch {
    return; // A malformed hint; the answer itself still comes.
  }
}

/** A stream's head must not wait for its first byte; an ordinary answer's head goes out with its body. */
function sendHeadSoon(answer: IncomingMessage, response: ServerResponse): void {
  let flowing = false;
  answer.once('data', () => {
    flowing = true;
  });
  setImmediate(() => {
    if (!flowing && !response.writableEnded && !response.destroyed) response.flushHeaders();
  });
}

function finish(answer: IncomingMessage, response: ServerResponse): void {
  const trailers = trailerPairs(answer.rawTrailers);
  try {
    if (trailers.length > 0) response.addTrailers(trailers);
  } catch {
    response.destroy(); // A trailer that may not be sent on: the answer cannot be completed as it was given.
    return;
  }
  response.end();
}

/** `close` follows, and tells whether the answer was complete. */
function ignore(): void {
  return;
}
