import { once } from 'node:events';
import http from 'node:http';
import { pipeline } from 'node:stream/promises';
import { messageOf, Problem, type ProblemTold, problem, remoteProblem } from '../errors.ts';

export type Call = {
  readonly method: string;
  readonly path: string;
  /** Sent as JSON. */
  readonly input?: unknown;
  /** Sent as it is, instead of an input. */
  readonly bytes?: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
  /** How long the agent may say nothing, in milliseconds; absent: as long as the work takes. */
  readonly within?: number;
};

/**
 * Calls the agent over its socket, each call on a connection of its own: an answer with status 2xx, its body not read.
 * Fails with what the agent told, or with AGENT_UNREACHABLE.
 */
export async function call(
  socket: string,
  { method, path, input, bytes, signal, within }: Call,
): Promise<http.IncomingMessage> {
  const body = input === undefined ? undefined : JSON.stringify(input);
  const request = http.request({
    socketPath: socket,
    method,
    path,
    agent: false,
    headers: headersFor(body),
    ...(signal ? { signal } : {}),
    ...(within === undefined ? {} : { timeout: within }),
  });
  request.on('timeout', () =>
    request.destroy(new Error(`it has said nothing for ${(within ?? 0) / 1000} s`)),
  );
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
  try {
    if (bytes) send(bytes, request);
    else request.end(body);
    const [response] = await answered;
    if (response.statusCode && response.statusCode < 300) return response;
    throw remoteProblem(JSON.parse(await textOf(response)) as ProblemTold);
  } catch (error) {
    request.destroy();
    throw error instanceof Problem ? error : unreachable(socket, error);
  }
}

/** What fails here fails `answered` too, unless the agent had answered, with why, before everything was sent. */
function send(bytes: AsyncIterable<Uint8Array>, request: http.ClientRequest): void {
  pipeline(bytes, request).catch((error: Error) => request.destroy(error));
}

export const unreachable = (socket: string, error: unknown): Problem =>
  problem('AGENT_UNREACHABLE', { socket, why: messageOf(error) }, error);

const headersFor = (body: string | undefined): http.OutgoingHttpHeaders =>
  body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };

export async function textOf(response: http.IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) text += part;
  return text;
}
