import assert from 'node:assert/strict';
import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isProblem, Problem, problem } from '../errors.ts';
import { sha256 } from '../system/digest.ts';
import { createApp } from './app.ts';
import { type Client, connectApi } from './client.ts';
import { type Api, operations, type Progress, type StreamingApi, streams } from './contract.ts';
import { memoryService } from './fixture/rollouts.ts';
import { deployInput, digest, type Logged, memoryLog, temporaryFolder } from './fixture/wire.ts';
import { call } from './request.ts';
import { serveApi } from './server.ts';

type Served = { client: Client; socket: string; lines: Logged[] };

async function serve(t: TestContext, change: Partial<Api & StreamingApi> = {}): Promise<Served> {
  const socket = join(await temporaryFolder(t), 'agent.sock');
  const { log, lines } = memoryLog();
  const service = memoryService();
  const server = await serveApi(socket, { ...service, ...change }, log);
  t.after(() => server.close());
  return { client: connectApi(socket), socket, lines };
}

type Raw = { method?: string; path: string; body?: string | undefined };

function raw(
  socketPath: string,
  { method = 'POST', path, body }: Raw,
): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const request = http.request({ socketPath, method, path, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}

const every = [...Object.values(operations), ...Object.values(streams)];
const filled = (path: string): string => path.replace(':digest', digest).replace(':id', 'r-1');

test('the routes are exactly those of the contract, and every one passes the authorisation function', async () => {
  const asked: string[] = [];
  const app = createApp({
    service: memoryService(),
    authorise: () => {
      asked.push('asked');
      throw problem('API_FORBIDDEN', {});
    },
    log: memoryLog().log,
  });
  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(routes.sort(), every.map(({ method, path }) => `${method} ${path}`).sort());
  assert.ok(routes.length >= 13);
  for (const { method, path } of every) {
    const answer = await app.request(filled(path), { method }, { incoming: {} });
    assert.equal(answer.status, 403, `${method} ${path}`);
  }
  assert.equal(asked.length, every.length);
});

test('an agent that takes a call and says nothing is told to be silent, where an answer costs it nothing', async (t) => {
  const socket = join(await temporaryFolder(t), 'agent.sock');
  const silent = net.createServer().listen(socket);
  t.after(() => silent.close());
  await once(silent, 'listening');
  const asked = call(socket, { method: 'GET', path: '/v1/hello', within: 50 });
  await assert.rejects(asked, /the agent does not answer at .*: it has said nothing for 0.05 s/);
  assert.ok(operations.hello.within > 0);
});

test('a caller over TCP is refused, whatever it asks', async () => {
  const service = memoryService();
  const { ownUserOnly } = await import('./authorise.ts');
  const app = createApp({ service, authorise: ownUserOnly, log: memoryLog().log });
  const incoming = { socket: { remoteAddress: '127.0.0.1' } };
  assert.equal((await app.request('/v1/hello', {}, { incoming })).status, 403);
});

test('the socket is open to its owner only, and a stale one is no obstacle', async (t) => {
  const socket = join(await temporaryFolder(t), 'agent.sock');
  await writeFile(socket, 'stale');
  const before = process.umask();
  const service = memoryService();
  const server = await serveApi(socket, service, memoryLog().log);
  t.after(() => server.close());
  assert.equal((await stat(socket)).mode & 0o777, 0o600);
  assert.equal(process.umask(), before);
  assert.equal((await connectApi(socket).hello()).pid, process.pid);
});

test('a socket path that the kernel would cut is refused', async () => {
  const service = memoryService();
  const path = `/tmp/${'x'.repeat(110)}`;
  await assert.rejects(serveApi(path, service, memoryLog().log), (error) =>
    isProblem(error, 'SOCKET_PATH_LONG'),
  );
});

test('operations answer what the service answers', async (t) => {
  const { client } = await serve(t);
  const { rollout } = await client.deploy(deployInput('good'));
  assert.equal((await client.rollout({ id: rollout })).release, 'shop@9f3c2a1');
  assert.equal((await client.status({})).length, 1);
  const { agent, instances } = await client.processes();
  assert.ok(agent.rss > 1024 * 1024);
  assert.equal(instances, 2);
});

test('a problem comes back with its code, sentence, hint and exit code', async (t) => {
  const { client } = await serve(t);
  const error = await client.rollback({ project: 'shop-1', environment: 'good', by: 'me' }).catch((e) => e);
  assert.ok(error instanceof Problem);
  const told = problem('NOTHING_TO_ROLL_BACK', { environment: 'good' });
  assert.deepEqual(
    [error.code, error.message, error.hint, error.exit],
    [told.code, told.message, told.hint, told.exit],
  );
});

test('an unexpected error is logged once and told without its text', async (t) => {
  const { client, lines } = await serve(t, {
    status: () => Promise.reject(new TypeError('canary-secret')),
  });
  const error = (await client.status({}).catch((e) => e)) as Problem;
  assert.equal(error.code, 'INTERNAL');
  assert.doesNotMatch(error.message + error.hint, /canary/);
  assert.equal(lines.filter(({ fields }) => fields.error === 'canary-secret').length, 1);
});

test('an unknown route, or the wrong method on a known one, is denied', async (t) => {
  const { socket } = await serve(t);
  for (const { method, path } of [
    { method: 'GET', path: '/' },
    { method: 'GET', path: '/v1/deploy' },
    { method: 'DELETE', path: '/v1/hello' },
    { method: 'POST', path: '/v1/hello/x' },
  ]) {
    const answer = await raw(socket, { method, path });
    assert.equal(answer.status, 404, `${method} ${path}`);
    assert.equal(JSON.parse(answer.body).code, 'API_ROUTE_UNKNOWN');
  }
});

test('every operation that takes an input refuses a wrong one, and never quotes it', async (t) => {
  const { socket } = await serve(t);
  const takes = [...Object.values(operations), streams.logs].filter(({ method }) => method === 'POST');
  assert.ok(takes.length >= 8);
  for (const { path } of takes) {
    for (const body of ['{"unknown-key":"canary"}', 'canary', '[]', undefined]) {
      const answer = await raw(socket, { path, body });
      assert.equal(answer.status, 409, `${path} ${body}: ${answer.body}`);
      assert.equal(JSON.parse(answer.body).code, 'API_INPUT');
      assert.doesNotMatch(answer.body, /canary/);
    }
  }
});

test('an input of more than 16 MB is refused', async (t) => {
  const { socket } = await serve(t);
  const answer = await raw(socket, {
    path: '/v1/deploy',
    body: JSON.stringify({ x: 'x'.repeat(17 * 1024 * 1024) }),
  });
  assert.equal(answer.status, 413);
  assert.equal(JSON.parse(answer.body).code, 'API_TOO_LARGE');
});

test('an artifact larger than any buffer is streamed and found again', async (t) => {
  const { client } = await serve(t);
  const part = Buffer.alloc(1024 * 1024, 7);
  const parts = Array.from({ length: 20 }, () => part);
  const name = sha256(Buffer.concat(parts));
  assert.equal(await client.hasArtifact(name), false);
  await client.putArtifact(name, toAsync(parts));
  assert.equal(await client.hasArtifact(name), true);
  await assert.rejects(client.putArtifact(digest, toAsync(parts)), (e) => isProblem(e, 'ARTIFACT_MISMATCH'));
});

test('an upload that the agent refuses half-way is told why', async (t) => {
  const { client } = await serve(t);
  const parts = [Buffer.from('too much'), ...Array.from({ length: 50 }, () => Buffer.alloc(1024 * 1024))];
  await assert.rejects(client.putArtifact(digest, toAsync(parts)), (e) => isProblem(e, 'DISK_FULL'));
});

async function* toAsync(parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
}

test('an upload that is refused before a byte of it was read is told why, however it is sent', async (t) => {
  const putArtifact = async (): Promise<never> => {
    throw problem('DISK_FULL', { path: '/state/releases' });
  };
  const { client } = await serve(t, { putArtifact });
  // The answer and the rest of the body cross each other: where they meet is left to chance.
  async function* inParts(turns: number): AsyncGenerator<Buffer> {
    for (let part = 0; part < 3; part++) {
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      yield Buffer.alloc(2000, part);
    }
  }
  for (let i = 0; i < 200; i++) {
    await assert.rejects(client.putArtifact(digest, inParts(i % 10)), (e) => isProblem(e, 'DISK_FULL'));
  }
});

test('following a rollout yields its events and ends with the whole rollout', async (t) => {
  const { client } = await serve(t);
  const { rollout } = await client.deploy(deployInput('bad'));
  const progress: Progress[] = [];
  for await (const one of client.follow(rollout, AbortSignal.timeout(10_000))) progress.push(one);
  const last = progress.at(-1);
  assert.ok(last && 'rollout' in last);
  assert.equal(last.rollout.ending, 'rejected');
  assert.ok(progress.length > 4);
});

test('a problem in the middle of a stream is told as the problem', async (t) => {
  const { client } = await serve(t);
  await assert.rejects(
    async () => {
      for await (const _ of client.follow('r-none', AbortSignal.timeout(5000)))
        assert.fail('nothing can come');
    },
    (error) => isProblem(error, 'ROLLOUT_UNKNOWN'),
  );
});

test('a stream waits for a slow reader and ends its source when the reader goes', async (t) => {
  const ended = Promise.withResolvers<void>();
  let made = 0;
  const { client } = await serve(t, {
    logs: async function* (_input, signal) {
      try {
        while (!signal.aborted) {
          made += 1;
          yield { instance: 'web-1', slot: 'blue', text: 'x'.repeat(10_000) };
        }
      } finally {
        ended.resolve();
      }
    },
  });
  const gone = new AbortController();
  const input = { project: 'shop-1', environment: 'good', lines: 0, follow: true };
  let read = 0;
  for await (const _ of client.logs(input, gone.signal)) {
    read += 1;
    if (read === 1) {
      // Long enough to fill every buffer on the way, were there no back-pressure.
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.ok(made < 2000, `${made} lines were made for a reader of one`);
    }
    if (read === 3) gone.abort();
  }
  await ended.promise;
});

test('a closing server ends open streams, and the caller is told that the agent is gone', async (t) => {
  const socket = join(await temporaryFolder(t), 'agent.sock');
  const service = memoryService();
  const server = await serveApi(socket, service, memoryLog().log);
  const client = connectApi(socket);
  const { rollout } = await client.deploy(deployInput('slow'));
  await assert.rejects(
    async () => {
      for await (const _ of client.follow(rollout, AbortSignal.timeout(10_000))) void server.close();
    },
    (error) => isProblem(error, 'AGENT_UNREACHABLE'),
  );
  await client.abort({ project: 'shop-1', environment: 'slow', by: 'me' }).catch(() => undefined);
  await assert.rejects(client.hello(), (error) => isProblem(error, 'AGENT_UNREACHABLE'));
  await assert.rejects(stat(socket), { code: 'ENOENT' });
});
