import type http from 'node:http';
import { Problem, type ProblemTold, remoteProblem } from '../errors.ts';
import type { LogsInput } from '../wire/api.ts';
import {
  type Api,
  type LogLineView,
  type Operation,
  operations,
  type Progress,
  type StreamingApi,
  streams,
} from './contract.ts';
import { fromBody } from './json-lines.ts';
import { type Call, call, textOf, unreachable } from './request.ts';

export type Client = Api & StreamingApi;

/**
 * The API of the agent that listens at a socket; nothing is sent before a method is called.
 * Every method fails with the agent's own problem (same code, sentence, hint and exit), or with AGENT_UNREACHABLE.
 */
export function connectApi(socket: string): Client {
  const names = Object.keys(operations) as Operation[];
  const api = Object.fromEntries(
    names.map((name) => [name, (input?: unknown) => ask(socket, { ...operations[name], input })]),
  );
  // Both ends follow the one table of the contract.
  return { ...(api as unknown as Api), ...streaming(socket) };
}

type Place = { readonly method: string; readonly path: string };

function streaming(socket: string): StreamingApi {
  const { hasArtifact, lackingContents, putArtifact, hasImage, putImage, follow, logs } = streams;
  const isPresent =
    ({ method, path }: Place) =>
    async (digest: string): Promise<boolean> =>
      ((await ask(socket, { method, path: fill(path, digest) })) as { present: boolean }).present;
  const send =
    ({ method, path }: Place) =>
    async (digest: string, bytes: AsyncIterable<Uint8Array>): Promise<void> =>
      void (await ask(socket, { method, path: fill(path, digest), bytes }));
  return {
    hasArtifact: isPresent(hasArtifact),
    hasImage: isPresent(hasImage),
    putImage: send(putImage),
    lackingContents: async (digest, index) => {
      const request = { method: lackingContents.method, path: fill(lackingContents.path, digest) };
      const answer = await ask(socket, { ...request, bytes: once(Buffer.from(index)) });
      return (answer as { lacking: string[] }).lacking;
    },
    putArtifact: send(putArtifact),
    follow: (rollout, signal) =>
      lines(socket, {
        method: follow.method,
        path: fill(follow.path, rollout),
        signal,
      }) as AsyncIterable<Progress>,
    logs: (input: LogsInput, signal) =>
      lines(socket, { ...logs, input, signal }) as AsyncIterable<LogLineView>,
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const fill = (path: string, part: string): string => path.replace(/:\w+/, encodeURIComponent(part));

async function ask(socket: string, request: Call): Promise<unknown> {
  const response = await call(socket, request);
  const text = await read(socket, response);
  return text === '' ? undefined : JSON.parse(text);
}

async function read(socket: string, response: http.IncomingMessage): Promise<string> {
  try {
    return await textOf(response);
  } catch (error) {
    throw unreachable(socket, error);
  }
}

/** What comes back line by line; it ends quietly when the signal aborts. A line that tells an error is thrown. */
async function* lines(socket: string, request: Call): AsyncGenerator<unknown> {
  try {
    for await (const line of fromBody(await call(socket, request))) {
      if (isTold(line)) throw remoteProblem(line.error);
      yield line;
    }
  } catch (error) {
    if (request.signal?.aborted) return;
    throw error instanceof Problem ? error : unreachable(socket, error);
  }
}

const isTold = (line: unknown): line is { error: ProblemTold } =>
  typeof line === 'object' && line !== null && 'error' in line;
