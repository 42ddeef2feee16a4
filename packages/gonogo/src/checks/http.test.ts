// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { HttpExpectation } from '../domain/check.ts';
import { http } from './http.ts';
import type { Answer, SpecOf } from './kind.ts';

async function listening(t: TestContext, server: net.Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => sockets.add(socket));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = (t: TestContext, listener: RequestListener): Promise<string> =>
  listening(t, createServer(listener));

type Asked = {
  readonly timeout?: number;
  readonly localAddress?: string;
  readonly path?: string;
  readonly spec?: Partial<SpecOf<'http'>>;
};

function ask(
  base: string,
  expect: HttpExpectation = {},
  { timeout = 10_000, path = '/', ...more }: Asked = {},
): Promise<Answer> {
  const spec: SpecOf<'http'> = {
    ...{ name: 'it', kind: 'http', method: 'GET', url: path, headers: {}, expect, timeout },
    ...{ retry: { times: 0, delay: 0 }, tags: [], ...more.spec },
  };
  const source = more.localAddress === undefined ? {} : { localAddress: more.localAddress };
  const at = { from: 'this machine', values: {}, cwd: '/', base, ...source };
  return http(spec, { at, timeout, signal: AbortSignal.timeout(timeout), redact: (text) => text });
}

const brief = ({ verdict, failure, saw }: Answer): string =>
  `${verdict} ${failure ?? ''}: ${saw.replace(/\d+ ms/g, 'N ms')}`;

test('200 to 299 pass, and nothing else does unless it is expected', async (t) => {
  const base = await serve(t, (request, response) =>
    response.writeHead(Number(request.url?.slice(1))).end('because'),
  );
  const at = async (status: number, expect: HttpExpectation = {}) =>
    brief(await ask(base, expect, { path: `/${status}` }));
  assert.equal(await at(200), 'pass : answered 200');
  assert.equal(await at(204), 'pass : answered 204');
  assert.equal(await at(302), 'fail redirect: answered 302');
  assert.equal(await at(404), 'fail status: answered 404: because');
  assert.equal(await at(503), 'fail server-error: answered 503: because');
  assert.equal(await at(302, { status: [302] }), 'pass : answered 302');
  assert.equal(await at(200, { status: [201, 204] }), 'fail status: answered 200, not 201 or 204: because');
});

test('a redirect is not followed, and says where it leads', async (t) => {
  const base = await serve(t, (request, response) => {
    if (request.url === '/target') response.end('ok');
    else response.writeHead(301, { location: '/target' }).end();
  });
  const answer = await ask(base);
  assert.equal(brief(answer), 'fail redirect: answered 301, a redirect to /target');
  assert.match(answer.hint ?? '', /ask its target/);
});

test('a path below a base with a path of its own keeps both', async (t) => {
  const base = await serve(t, (request, response) => response.end(request.url));
  assert.equal(
    (await ask(`${base}/app/`, { body: { equals: '/app/x?y=1' } }, { path: '/x?y=1' })).verdict,
    'pass',
  );
});

test('method, headers and body are sent', async (t) => {
  const base = await serve(t, async (request, response) => {
    const body = (await request.toArray()).join('');
    response.end(
      JSON.stringify({ method: request.method, key: request.headers['x-key'], body, ...request.headers }),
    );
  });
  const spec = { method: 'PUT', headers: { 'x-key': 'k' }, body: 'grün' };
  const json = {
    '$.method': { equals: 'PUT' },
    '$.key': { equals: 'k' },
    '$.body': { equals: 'grün' },
    '$["content-length"]': { equals: '5' },
  };
  assert.equal(brief(await ask(base, { json }, { spec })), 'pass : answered 200');
});

const document = {
  status: 'ok',
  n: 5,
  text: '5',
  nothing: null,
  list: [{ 'a b': [1, 2] }],
  deep: { constructor: 1 },
};
const cases: [path: string, matcher: object, says: string | true][] = [
  ['$.status', { equals: 'ok' }, true],
  ['$.n', { equals: 5 }, true],
  ['$.n', { equals: '5' }, '$.n is 5, not "5"'],
  ['$.text', { equals: 5 }, '$.text is "5", not 5'],
  ['$.text', { gt: 1 }, '$.text is "5", not a number greater than 1'],
  ['$.n', { gte: 5 }, true],
  ['$.n', { lt: 5 }, '$.n is 5, not a number less than 5'],
  ['$.n', { lte: 5 }, true],
  ['$.n', { gt: 0 }, true],
  ['$.n', { matches: '5' }, '$.n is 5, not text that /5/ finds something in'],
  ['$.status', { matches: '^o' }, true],
  ['$.status', { contains: 'x' }, '$.status is "ok", not text with "x" in it'],
  ['$.status', { one_of: ['ok', 'warn'] }, true],
  ['$.n', { one_of: ['5', 6] }, '$.n is 5, not one of "5", 6'],
  ['$.nothing', { equals: null }, true],
  ['$.nothing', { exists: true }, true],
  ['$.missing', { equals: null }, '$.missing is missing'],
  ['$.missing', { lt: 5 }, '$.missing is missing'],
  ['$.missing', { exists: false }, true],
  ['$.n', { exists: false }, '$.n is there'],
  ['$.toString', { exists: true }, '$.toString is missing'],
  ['$.list[0]["a b"][1]', { equals: 2 }, true],
  ['$.list[1]', { exists: true }, '$.list[1] is missing'],
  ['$.list.length', { equals: 1 }, '$.list.length is missing'],
  ['$.status[0]', { equals: 'o' }, '$.status[0] is missing'],
  ['$.deep.constructor', { equals: 1 }, true],
  [
    '$',
    { equals: 1 },
    '$ is {"status":"ok","n":5,"text":"5","nothing":null,"list":[{"a b":[1,2]}],"deep":{"c…, not 1',
  ],
];
for (const [path, matcher, says] of cases) {
  test(`${path} ${JSON.stringify(matcher)} ${says === true ? 'passes' : 'fails'}`, async (t) => {
    const base = await serve(t, (_request, response) => response.end(JSON.stringify(document)));
    const answer = await ask(base, { json: { [path]: matcher } } as HttpExpectation);
    assert.equal(brief(answer), says === true ? 'pass : answered 200' : `fail mismatch: ${says}`);
  });
}

test('a body that is not JSON fails a JSON expectation', async (t) => {
  const base = await serve(t, (request, response) => response.end(request.url === '/empty' ? '' : '<html>'));
  const expect = { json: { '$.a': { exists: false } } };
  assert.equal(brief(await ask(base, expect)), 'fail mismatch: the body is not JSON: <html>');
  assert.equal(
    brief(await ask(base, expect, { path: '/empty' })),
    'fail mismatch: the body is not JSON: it is empty',
  );
});

test('headers and the whole body can be expected, and everything that is wrong is told', async (t) => {
  const base = await serve(t, (_request, response) =>
    response.writeHead(201, { 'X-Version': 'v1' }).end('ready'),
  );
  const good: HttpExpectation = {
    headers: { 'x-version': { matches: '^v' }, 'x-none': { exists: false } },
    body: { equals: 'ready' },
  };
  assert.equal((await ask(base, good)).verdict, 'pass');
  const bad: HttpExpectation = {
    status: [200],
    headers: { 'x-version': { equals: 'v2' } },
    body: { contains: 'no' },
  };
  assert.equal(
    brief(await ask(base, bad)),
    'fail status: answered 201, not 200: ready; header x-version is "v1", not "v2"; the body is "ready", not text with "no" in it',
  );
});

test('an answer that takes longer than it may fails, though it is right', async (t) => {
  const base = await serve(t, (_request, response) => void setTimeout(() => response.end(), 60));
  assert.match(brief(await ask(base, { within: 50 })), /^fail slow: took N ms, longer than N ms$/);
  assert.equal((await ask(base, { within: 9_000 })).verdict, 'pass');
});

test('an answer that breaks off is not an answer', async (t) => {
  const base = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    setTimeout(() => response.socket?.destroy(), 20);
  });
  assert.equal(brief(await ask(base)), 'fail closed: the answer broke off before it was complete');
});

test('a body is read to one mebibyte: enough for a status, too little to be matched', async (t) => {
  const base = await serve(t, (_request, response) => {
    const more = (): void =>
      void (response.destroyed || response.write('x'.repeat(65_536), () => setImmediate(more)));
    more();
  });
  assert.equal((await ask(base)).verdict, 'pass');
  assert.equal(
    brief(await ask(base, { body: { contains: 'y' } })),
    'fail too-large: the body is longer than 1 MiB',
  );
});

test('a head that does not end is not gathered until the deadline', async (t) => {
  const base = await listening(
    t,
    net.createServer((socket) => {
      socket.on('error', () => undefined); // Whoever asked hangs up, which is what is wanted.
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = (): void =>
        void socket.write(`x-more: ${'m'.repeat(8000)}\r\n`, (error) => error || more());
      more();
    }),
  );
  assert.equal(brief(await ask(base)), 'fail protocol: what answers does not speak HTTP');
});

test('nobody listening, silence and something that is not HTTP are told apart', async (t) => {
  const silent = await listening(t, net.createServer());
  const other = await listening(
    t,
    net.createServer((socket) => socket.end('220 mail ready\r\n')),
  );
  const reset = await listening(
    t,
    net.createServer((socket) => void socket.once('data', () => socket.resetAndDestroy())),
  );
  assert.match(brief(await ask('http://127.0.0.1:1')), /^fail refused: connection refused/);
  const late = await ask(silent, {}, { timeout: 200 });
  assert.equal(brief(late), 'fail timeout: no answer in N ms');
  assert.match(late.hint ?? '', /accepts connections but does not answer/);
  assert.match(brief(await ask(other)), /^fail protocol: what answers does not speak HTTP/);
  assert.match(brief(await ask(reset)), /^fail reset: the connection was reset/);
  assert.match(
    brief(await ask('http://no-such-host.invalid')),
    /^fail dns: the name no-such-host.invalid is not known/,
  );
  assert.match(brief(await ask(other.replace('http:', 'https:'))), /^fail tls: the TLS handshake failed/);
});

test('the source address is the one that was asked for', async (t) => {
  const base = await serve(t, (request, response) => response.end(request.socket.remoteAddress));
  assert.equal(
    brief(await ask(base, { body: { equals: '127.0.0.9' } }, { localAddress: '127.0.0.9' })),
    'pass : answered 200',
  );
});

test('a path cannot be asked of nothing, and only HTTP is spoken', async () => {
  const asking = {
    at: { from: 'x', values: {}, cwd: '/' },
    timeout: 1000,
    signal: AbortSignal.timeout(1000),
    redact: String,
  };
  const spec = {
    name: '',
    kind: 'http',
    method: 'GET',
    headers: {},
    expect: {},
    timeout: 1,
    retry: { times: 0, delay: 0 },
    tags: [],
  } as const;
  assert.equal((await http({ ...spec, url: '/x' }, asking)).failure, 'usage');
  assert.equal((await http({ ...spec, url: 'file:///etc/passwd' }, asking)).failure, 'usage');
});

test('an answer that names another release of the service is not from what was asked', async (t) => {
  const told = { releaseId: 'shop@41bd07e' };
  const base = await serve(t, (_request, response) => response.end(JSON.stringify(told)));
  const asked = (release: string): Promise<Answer> => ask(base, { release });
  assert.equal((await asked('shop@41bd07e')).verdict, 'pass');
  const wrong = await asked('shop@9f3c2a1');
  assert.equal(wrong.verdict, 'fail');
  assert.equal(wrong.saw, 'shop@41bd07e answers, not shop@9f3c2a1');
  told.releaseId = 'v1.2.3 (named by its own people)';
  assert.equal((await asked('shop@9f3c2a1')).verdict, 'pass');
});

test('an unhealthy answer may say what it blames, unless it is wrong in another way as well', async (t) => {
  const base = await serve(t, (request, response) => {
    const told = JSON.stringify({ status: 'fail', releaseId: 'shop@1111111', scope: 'shared' });
    response.writeHead(Number(request.url?.slice(1))).end(told);
  });
  const scope = async (status: number, expect: HttpExpectation = {}) =>
    (await ask(base, expect, { path: `/${status}` })).scope;
  assert.equal(await scope(503), 'shared');
  assert.equal(await scope(503, { release: 'shop@1111111' }), 'shared');
  assert.equal(await scope(503, { release: 'shop@2222222' }), undefined);
  assert.equal(await scope(200), undefined);
});
