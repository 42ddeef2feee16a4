import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { createHealth, type Health, type HealthCheck, type HealthOptions } from './index.ts';

const running: Health[] = [];
after(() => {
  for (const health of running) health.stop();
});

function healthOf(options: HealthOptions): Health {
  const health = createHealth(options);
  running.push(health);
  return health;
}

/** A check whose answers the test decides; quick, so that nothing waits long. */
function steered(more: Partial<HealthCheck> = {}) {
  const control = { works: true, runs: 0 };
  const check: HealthCheck = {
    name: 'db',
    every: 10,
    check: () => {
      control.runs += 1;
      if (!control.works) throw new Error('password geheim refused');
    },
    ...more,
  };
  return { control, check };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < end, `never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const ask = (health: Health, url: string, accept?: string, trusted = false) => {
  const found = health.respond({ method: 'GET', url, accept, trusted });
  assert.ok(found);
  return found;
};
const status = (health: Health, url: string): number => ask(health, url).status;

test('before a check has run, live is 200, ready and started are 503', async () => {
  const never = healthOf({ checks: [{ name: 'slow', check: () => new Promise<void>(() => undefined) }] });
  assert.equal(status(never, '/healthz'), 200);
  assert.equal(status(never, '/livez'), 200);
  assert.equal(status(never, '/readyz'), 503);
  assert.equal(status(never, '/startupz'), 503);
  assert.equal(status(never, '/readyz/slow'), 503);
});

test('without checks everything is green', () => {
  const health = healthOf({});
  for (const path of ['/healthz', '/livez', '/readyz', '/startupz'])
    assert.equal(status(health, path), 200, path);
});

test('a failing dependency turns ready red after enough failures, live never, and startup stays passed', async () => {
  const { control, check } = steered({ failures: 3, successes: 2 });
  const health = healthOf({ checks: [check] });
  await until(() => status(health, '/readyz') === 200, 'ready');
  control.works = false;
  const before = control.runs;
  await until(() => status(health, '/readyz') === 503, 'not ready');
  assert.ok(control.runs - before >= 3, 'not at the first failure');
  assert.equal(status(health, '/healthz'), 200);
  assert.equal(status(health, '/startupz'), 200);
  control.works = true;
  const red = control.runs;
  await until(() => status(health, '/readyz') === 200, 'ready again');
  assert.ok(control.runs - red >= 2, 'not at the first pass');
});

test('a request asks nobody: however many come, checks run in their own time', async () => {
  const { control, check } = steered({ every: 60_000 });
  const health = healthOf({ checks: [check] });
  await until(() => status(health, '/readyz') === 200, 'ready');
  for (let i = 0; i < 100; i += 1) ask(health, '/readyz?verbose');
  assert.equal(control.runs, 1);
});

test('a check that never ends is aborted, fails, and is not started again beside itself', async () => {
  let runs = 0;
  let aborted = false;
  const check: HealthCheck = {
    name: 'stuck',
    every: 5,
    timeout: 20,
    failures: 1,
    check: (signal) => {
      runs += 1;
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise<void>(() => undefined);
    },
  };
  const health = healthOf({ checks: [check] });
  await until(() => health.states()[0]?.output === 'the run before has not ended', 'a second turn');
  assert.ok(aborted);
  assert.equal(runs, 1);
  assert.equal(status(health, '/readyz'), 503);
});

test('a result expires: an old pass is unknown, and unknown is 503', async () => {
  let runs = 0;
  const check: HealthCheck = {
    name: 'once',
    every: 5,
    timeout: 60_000,
    expires: 50,
    check: () => (runs++ === 0 ? undefined : new Promise<void>(() => undefined)),
  };
  const health = healthOf({ checks: [check] });
  await until(() => health.states()[0]?.started === true, 'the pass');
  await until(() => health.states()[0]?.status === 'unknown', 'expiry');
  assert.equal(status(health, '/readyz'), 503);
});

test('what is not critical only warns, and a warning is 200', async () => {
  const { check, control } = steered({ critical: false, failures: 1 });
  control.works = false;
  const health = healthOf({ checks: [check, { name: 'other', check: () => undefined }] });
  await until(() => health.states().every((state) => state.ageMs !== undefined), 'both ran');
  assert.equal(status(health, '/readyz'), 200);
  assert.equal(JSON.parse(ask(health, '/readyz').body).status, 'warn');
});

test('an answer that is not ready says whether other instances would answer the same', async () => {
  const { check: db, control: dbControl } = steered({ failures: 1 });
  const { check: disk, control: diskControl } = steered({ name: 'disk', scope: 'local', failures: 1 });
  const health = healthOf({ checks: [db, disk] });
  const scope = (): unknown => JSON.parse(ask(health, '/readyz').body).scope;
  await until(() => status(health, '/readyz') === 200, 'ready');
  assert.equal(scope(), undefined);
  dbControl.works = false;
  await until(() => scope() === 'shared', 'blaming what is shared');
  diskControl.works = false;
  await until(() => scope() === 'local', 'blaming itself');
});

test('a live check that fails turns live red', async () => {
  const { check, control } = steered({ probe: 'live', scope: 'local', failures: 1 });
  const health = healthOf({ checks: [check] });
  await until(() => control.runs > 0, 'a run');
  assert.equal(status(health, '/healthz'), 200);
  control.works = false;
  await until(() => status(health, '/healthz') === 503, 'live turns red');
});

test('answers that mean nothing are failures, never passes', async () => {
  for (const value of [false, true, 'ok', { status: 200 }, null]) {
    const health = healthOf({ checks: [{ name: 'odd', check: () => value as never }] });
    await until(() => health.states()[0]?.ageMs !== undefined, 'a run');
    assert.equal(health.states()[0]?.status, 'fail', String(value));
  }
});

test('exclude leaves checks out of this one answer', async () => {
  const { check, control } = steered();
  control.works = false;
  const health = healthOf({ checks: [check, { name: 'cache', check: () => undefined }] });
  await until(() => health.states().every((state) => state.ageMs !== undefined), 'both ran');
  assert.equal(status(health, '/readyz'), 503);
  assert.equal(status(health, '/readyz?exclude=db'), 200);
  assert.equal(status(health, '/readyz?exclude=cache,db'), 200);
  assert.equal(status(health, '/readyz/cache'), 200);
  assert.equal(status(health, '/readyz/db'), 503);
  assert.equal(status(health, '/readyz/none'), 404);
});

test('callers that are not trusted see names and statuses, others more', async () => {
  const { check, control } = steered();
  control.works = false;
  const health = healthOf({ checks: [check], release: 'shop@41bd07e' });
  await until(() => health.states()[0]?.ageMs !== undefined, 'a run');
  const short = JSON.parse(ask(health, '/readyz').body);
  assert.deepEqual(short, { status: 'fail', releaseId: 'shop@41bd07e' });
  const told = ask(health, '/readyz?verbose');
  assert.deepEqual(JSON.parse(told.body).checks, { db: [{ status: 'fail' }] });
  assert.ok(!told.body.includes('geheim'));
  const trusted = JSON.parse(ask(health, '/readyz?verbose', undefined, true).body).checks.db[0];
  assert.match(trusted.output, /geheim/);
  assert.equal(trusted.scope, 'shared');
  assert.equal(typeof trusted.durationMs, 'number');
  const text = ask(health, '/readyz?verbose', 'text/plain', true);
  assert.equal(text.body, '[-]db fail\nfail\n');
  assert.equal(text.headers['content-type'], 'text/plain');
});

test('checks that could not work are refused at start-up', () => {
  const check = (): void => undefined;
  const wrong: HealthCheck[][] = [
    [
      { name: 'a', check },
      { name: 'a', check },
    ],
    [{ name: '', check }],
    [{ name: 'a/b', check }],
    [{ name: 'db', check, probe: 'live' }],
    [{ name: 'a', check, every: 0 }],
    [{ name: 'a', check, timeout: Number.NaN }],
  ];
  for (const checks of wrong) assert.throws(() => createHealth({ checks }), TypeError);
});

test('paths that are not health’s are left to the application', () => {
  const health = healthOf({});
  for (const url of [
    '/',
    '/healthz/',
    '/healthzz',
    '//x/readyz',
    '/api?x=/readyz',
    '*',
    'http://h/readyz',
    '/%',
  ]) {
    assert.equal(health.respond({ method: 'GET', url, trusted: false }), undefined, url);
  }
});

async function serve(
  health: Health,
  app: http.RequestListener,
): Promise<{ server: http.Server; base: string }> {
  const server = http.createServer((req, res) => {
    if (!health.handler(req, res)) app(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, base: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('over HTTP: no-store, HEAD without a body, other methods refused, the rest is the application’s', async () => {
  const { server, base } = await serve(healthOf({ release: 'r' }), (_, res) => res.end('app'));
  const get = await fetch(`${base}/readyz`);
  assert.equal(get.headers.get('cache-control'), 'no-store');
  assert.equal(get.headers.get('content-type'), 'application/health+json');
  assert.deepEqual(await get.json(), { status: 'pass', releaseId: 'r' });
  const head = await fetch(`${base}/readyz`, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), get.headers.get('content-length'));
  assert.equal(await head.text(), '');
  const post = await fetch(`${base}/readyz`, { method: 'POST' });
  assert.equal(post.status, 405);
  assert.equal(post.headers.get('allow'), 'GET, HEAD');
  assert.equal(await (await fetch(`${base}/`)).text(), 'app');
  server.close();
  server.closeAllConnections();
});

test('shutdown: ready turns red, live stays green, requests are served and finish, then the server closes', async () => {
  const health = healthOf({});
  const slow = Promise.withResolvers<http.ServerResponse>();
  const { server, base } = await serve(health, (req, res) => {
    if (req.url === '/slow') slow.resolve(res);
    else res.end('app');
  });
  const answer = fetch(`${base}/slow`);
  const pending = await slow.promise;
  const shutdown = health.shutdown(server, { delay: 300, deadline: 30_000 });
  assert.equal((await fetch(`${base}/readyz`)).status, 503);
  assert.equal((await fetch(`${base}/healthz`)).status, 200);
  const during = await fetch(`${base}/`);
  assert.equal(during.headers.get('connection'), 'close');
  assert.equal(await during.text(), 'app');
  await until(() => !server.listening, 'it stops accepting');
  await assert.rejects(fetch(`${base}/`));
  pending.end('finished');
  assert.equal(await (await answer).text(), 'finished');
  assert.deepEqual(await shutdown, { cut: 0 });
});

test('shutdown cuts what is still open at the deadline, and says how much', async () => {
  const health = healthOf({});
  const reached = Promise.withResolvers<void>();
  const { server, base } = await serve(health, () => reached.resolve());
  const answer = fetch(`${base}/for-ever`).catch(() => 'cut');
  await reached.promise;
  assert.deepEqual(await health.shutdown(server, { delay: 0, deadline: 200 }), { cut: 1 });
  assert.equal(await answer, 'cut');
});

test('shutdown needs a deadline behind its delay', async () => {
  const health = healthOf({});
  await assert.rejects(health.shutdown(http.createServer(), { delay: 2, deadline: 1 }), RangeError);
});
