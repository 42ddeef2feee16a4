import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type * as z from 'zod/mini';
import { problem } from '../errors.ts';
import type { Logger } from '../system/log.ts';
import { DigestPart, LogsInput, RolloutPart } from '../wire/api.ts';
import { statusOf, tellError } from './answers.ts';
import type { Authorise } from './authorise.ts';
import { bytesOf, indexLimit, readRest, readText } from './body.ts';
import { type Api, type Operation, operations, type StreamingApi, streams } from './contract.ts';
import { checkInput, operationInputs, readJson } from './inputs.ts';
import { jsonLines, toBody } from './json-lines.ts';

export type AppOptions = {
  readonly service: Api & StreamingApi;
  readonly authorise: Authorise;
  readonly log: Logger;
};

type Bindings = { Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } };
type Call = Context<Bindings>;
type Handler = (call: Call) => Promise<Response>;
type Place = { readonly method: string; readonly path: string };

/** The API as routes: exactly those of the contract's tables, each behind the authorisation function. */
export function createApp(options: AppOptions): Hono<Bindings> {
  const app = new Hono<Bindings>();
  const route = (place: Place, handler: Handler): void => {
    app.on(place.method, [place.path], (call) => {
      options.authorise(call.env.incoming);
      return handler(call);
    });
  };
  for (const name of Object.keys(operations) as Operation[])
    route(operations[name], operation(name, options.service));
  addStreams(route, options);
  app.notFound((call) => answerError(call, problem('API_ROUTE_UNKNOWN', placeOf(call)), options.log));
  app.onError((error, call) => answerError(call, error, options.log));
  return app;
}

const placeOf = (call: Context): Place => ({ method: call.req.method, path: call.req.path });

function operation(name: Operation, service: Api): Handler {
  // The table and the contract agree by type (inputs.ts); here they are taken by name.
  const perform = service[name].bind(service) as (input: unknown, gone: AbortSignal) => Promise<unknown>;
  const schema = operationInputs[name] as z.ZodMiniType;
  return async ({ env: { incoming, outgoing }, json }) => {
    const gone = new AbortController();
    outgoing.once('close', () => gone.abort());
    return json((await perform(readJson(schema, await readText(incoming), name), gone.signal)) as object);
  };
}

function addStreams(route: (place: Place, handler: Handler) => void, { service, log }: AppOptions): void {
  const stream = (name: string, open: (signal: AbortSignal) => AsyncIterable<unknown>): Response => {
    const end = new AbortController();
    const body = toBody(open(end.signal), end, (error) => tellError(error, name, log));
    return new Response(body, { headers: { 'content-type': jsonLines } });
  };
  route(streams.lackingContents, async (call) => {
    const digest = checkInput(DigestPart, call.req.param('digest'), 'lackingContents');
    const index = await readText(call.env.incoming, indexLimit);
    return call.json({ lacking: await service.lackingContents(digest, index) });
  });
  const { hasArtifact, putArtifact, hasImage, putImage } = service;
  addUploads(route, [
    { ask: 'hasArtifact', has: hasArtifact, send: 'putArtifact', put: putArtifact },
    { ask: 'hasImage', has: hasImage, send: 'putImage', put: putImage },
  ]);
  route(streams.follow, async (call) => {
    const id = checkInput(RolloutPart, call.req.param('id'), 'follow');
    return stream('follow', (signal) => service.follow(id, signal));
  });
  route(streams.logs, async (call) => {
    const input = readJson(LogsInput, await readText(call.env.incoming), 'logs');
    return stream('logs', (signal) => service.logs(input, signal));
  });
}

type Upload = {
  readonly ask: 'hasArtifact' | 'hasImage';
  readonly has: StreamingApi['hasArtifact'];
  readonly send: 'putArtifact' | 'putImage';
  readonly put: StreamingApi['putArtifact'];
};

/** What is known by its digest: is it here, and here it comes. */
function addUploads(route: (place: Place, handler: Handler) => void, uploads: readonly Upload[]): void {
  for (const { ask, has, send, put } of uploads) {
    route(streams[ask], async (call) =>
      call.json({ present: await has(checkInput(DigestPart, call.req.param('digest'), ask)) }),
    );
    route(streams[send], async (call) => {
      const digest = checkInput(DigestPart, call.req.param('digest'), send);
      try {
        await put(digest, bytesOf(call.env.incoming));
      } finally {
        await readRest(call.env.incoming);
      }
      return call.body(null, 204);
    });
  }
}

function answerError(call: Context, error: unknown, log: Logger): Response {
  const told = tellError(error, `${call.req.method} ${call.req.path}`, log);
  return call.json(told, statusOf(told) as ContentfulStatusCode);
}
