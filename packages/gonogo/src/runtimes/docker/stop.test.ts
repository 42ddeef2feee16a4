import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { specOf, webPool } from '../../../../../test/suites/runtime-tools.ts';
import { systemClock } from '../../system/clock.ts';
import { dockerRuntime } from './index.ts';
import { containerLabels } from './labels.ts';
import { placeIn } from './render.ts';

const spec = specOf('sha256:0');
const place = placeIn(spec, { index: 0, restarts: 0, inARow: 0, port: 26_000, inner: 8080 });
const ended = { Running: false, Status: 'exited', Pid: 0, StartedAt: '2026-01-01T00:00:00Z', ExitCode: 0 };

test('a container whose removal never ends is not waited for without end', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-stuck-'));
  const socket = join(folder, 'docker.sock');
  const listed = { Id: 'c1', Names: ['/one'], State: 'exited', Labels: containerLabels(spec, place, 'test') };
  const engine = http.createServer((request, response) => {
    const [, , id] = request.url?.split(/[/?]/) ?? [];
    if (id === 'json') response.end(JSON.stringify([listed]));
    else if (request.method === 'DELETE')
      response
        .writeHead(409)
        .end(JSON.stringify({ message: 'removal of container c1 is already in progress' }));
    else if (id === 'c1')
      response.end(JSON.stringify({ Id: 'c1', State: { ...ended, FinishedAt: ended.StartedAt } }));
  });
  await once(engine.listen(socket), 'listening');
  let now = 0;
  const sleep = async (ms: number): Promise<void> => {
    now += ms;
  };
  const runtime = await dockerRuntime({
    owner: 'test',
    shared: '/nowhere',
    clock: { ...systemClock, mono: () => now, sleep },
    host: `unix://${socket}`,
    onError: () => undefined,
  });
  t.after(async () => {
    runtime.close();
    engine.closeAllConnections();
    engine.close();
    await rm(folder, { recursive: true });
  });
  await assert.rejects(runtime.remove(webPool, 0), {
    code: 'DOCKER_REFUSED',
    message: /already in progress/,
  });
});
