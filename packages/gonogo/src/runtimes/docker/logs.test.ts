import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { specOf, webPool } from '../../../../../test/suites/runtime-tools.ts';
import { systemClock } from '../../system/clock.ts';
import { dockerRuntime } from './index.ts';
import { containerLabels } from './labels.ts';
import { placeIn } from './render.ts';

const spec = specOf('sha256:0');
const place = placeIn(spec, { index: 0, restarts: 0, inARow: 0, port: 26_000, inner: 8080 });
const running = { Running: true, Status: 'running', Pid: 1, StartedAt: '2026-01-01T00:00:00Z', ExitCode: 0 };

/** 64 KiB of lines, as the engine frames them. */
function someLines(): Buffer {
  const text = Buffer.from(`${'x'.repeat(63)}\n`.repeat(1024));
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(text.length, 4);
  return Buffer.concat([head, text]);
}

const all = 16 * 1024 * 1024;
const label = containerLabels(spec, place, 'test');
const containerOf = (Id: string, name: string) => ({ Id, Names: [name], State: 'running', Labels: label });

type Talking = { readonly host: string; readonly sent: () => number; readonly addOther: () => void };

/** An engine with one container that has so many bytes to say, and later another one that says a word. */
async function talkative(t: TestContext, bytes: number): Promise<Talking> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-talk-'));
  const socket = join(folder, 'docker.sock');
  const listed = [containerOf('c1', '/one')];
  const piece = someLines();
  let sent = 0;
  const talk = async (response: http.ServerResponse): Promise<void> => {
    for (; sent < bytes && !response.destroyed; sent += piece.length)
      if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve));
  };
  const engine = http.createServer((request, response) => {
    const [, , id, what] = request.url?.split(/[/?]/) ?? [];
    if (id === 'json') response.end(JSON.stringify(listed));
    else if (what === 'json') response.end(JSON.stringify({ Id: id, State: running }));
    else if (id === 'c1') void talk(response);
    else if (id === 'c2') response.end(piece.subarray(0, 8 + 64 * 1024));
  });
  await once(engine.listen(socket), 'listening');
  t.after(async () => {
    engine.closeAllConnections();
    engine.close();
    await rm(folder, { recursive: true });
  });
  return {
    host: `unix://${socket}`,
    sent: () => sent,
    addOther: () => void listed.push(containerOf('c2', '/other')),
  };
}

type Reader = { readonly next: () => Promise<string>; readonly leave: () => void };

async function follow(t: TestContext, host: string): Promise<Reader> {
  const given = { owner: 'test', shared: '/nowhere', clock: systemClock, host };
  const runtime = await dockerRuntime({ ...given, onError: () => undefined });
  t.after(() => runtime.close());
  const leaving = new AbortController();
  const lines = runtime.logs(webPool, { lines: 10, follow: true, signal: leaving.signal });
  const reader = lines[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await reader.next()).value?.instance);
  return { next, leave: () => leaving.abort() };
}

test('what a container prints waits in the engine while a follower does not read, and comes when it does', async (t) => {
  const { host, sent } = await talkative(t, all);
  const { next, leave } = await follow(t, host);
  assert.equal(await next(), 'one');
  for (let before = -1; before < sent(); await sleep(200)) before = sent();
  const waiting = sent();
  assert.ok(waiting < all / 2, `${waiting} bytes of ${all} were taken for nobody`);
  for (let read = 0; read < 20_000; read++) await next();
  assert.ok(sent() > waiting);
  leave();
});

test('a container that never falls silent hides none that comes after it', async (t) => {
  const { host, addOther } = await talkative(t, Number.POSITIVE_INFINITY);
  const { next, leave } = await follow(t, host);
  assert.equal(await next(), 'one');
  addOther();
  let read = 0;
  while (read < 1_000_000 && (await next()) !== 'other') read++;
  leave();
  assert.ok(read < 1_000_000, 'the other was not heard');
});
