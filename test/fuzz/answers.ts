import assert from 'node:assert/strict';
import type net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import type { StrictAnswer } from '../../packages/gonogo/src/system/answer-reader.ts';
import { startRaw } from '../suites/raw.ts';
import { converse } from './conversation.ts';
import { answer, changes, cuts, mutate, segments } from './messages.ts';
import { normalForm, type Parsed } from './normal-form.ts';
import { answerByNode } from './oracle.ts';

/** An application that answers each path with the bytes it was told, in segments, and then closes or does not. */
export type Speaker = {
  readonly port: number;
  say(path: string, segments: readonly Buffer[], closes: boolean): void;
  close(): Promise<void>;
};

export async function startSpeaker(): Promise<Speaker> {
  const lines = new Map<string, { segments: readonly Buffer[]; closes: boolean }>();
  const serve = async (socket: net.Socket, path: string): Promise<void> => {
    const line = lines.get(path);
    for (const segment of line?.segments ?? []) {
      if (!socket.destroyed) socket.write(segment);
      await turn();
    }
    if (line?.closes !== false) socket.end();
  };
  const { port, close } = await startRaw((socket) => {
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      const [, path] = /^GET (\S+) /.exec(bytes.toString('latin1')) ?? [];
      if (path !== undefined) void serve(socket, path);
    });
  });
  return { port, close, say: (path, parts, closes) => void lines.set(path, { segments: parts, closes }) };
}

type Place = { readonly port: number; readonly speaker: Speaker; readonly address: string };

async function ask({ port, address }: Place): Promise<StrictAnswer | undefined> {
  const bytes = Buffer.from(`GET /${address} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`);
  const answers = await converse({ port, from: address, segments: [bytes], methods: ['GET'] });
  assert.ok(answers.length <= 1, 'two answers to one request');
  return answers[0];
}

/** Valid answers arrive in their normal form, on connections to the application that are kept. */
export const validAnswers = (place: Place, count: (cases: number) => void) =>
  fc.asyncProperty(answer, cuts, async ({ bytes, parsed }, shares) => {
    place.speaker.say(`/${place.address}`, segments(bytes, shares), false);
    compare(await ask(place), parsed);
    count(1);
  });

/** A nearly valid answer becomes a 502, is cut off, or is what Node's parser reads in the application's own bytes. */
export const nearlyValidAnswers = (place: Place, count: (cases: number) => void) =>
  fc.asyncProperty(answer, changes, cuts, async (message, mutations, shares) => {
    const bytes = mutate(message.bytes, mutations);
    place.speaker.say(`/${place.address}`, segments(bytes, shares), true);
    const got = await ask(place);
    const refused = got?.status === 502 || got?.status === 504;
    if (got && !refused) compare(got, await answerByNode(bytes));
    count(1);
  });

function compare(got: StrictAnswer | undefined, wanted: Parsed | undefined): void {
  assert.ok(got, 'no answer');
  assert.ok(wanted, `Node reads no answer there, but ${got.status} was passed on`);
  const form = normalForm(wanted);
  assert.deepEqual([String(got.status), got.body.toString('latin1')], [form.start, form.body]);
  const fields = [...got.headers].flat();
  const parsed = { start: '', host: '', fields, body: Buffer.alloc(0), trailers: [] };
  assert.deepEqual(lastOfEach(normalForm(parsed).fields), lastOfEach(form.fields));
}

/** The reader of answers keeps the last value of each name, in lower case. */
function lastOfEach(fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 2),
    ]),
  );
}
