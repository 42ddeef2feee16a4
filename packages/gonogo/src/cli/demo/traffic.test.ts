import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from '../../domain/environment.ts';
import type { TrafficCounts } from './summary.ts';
import { startTraffic } from './traffic.ts';
import { startUsers, type Users } from './users.ts';

type Trouble = (request: http.IncomingMessage, response: http.ServerResponse, count: number) => boolean;

const says = { version: '2.0.0', releaseId: 'shop@9f3c2a1' };
const order = { id: 1, item: 'tea', quantity: 2 };

/** A front that answers like the shop, but for the requests that `trouble` takes upon itself. */
async function startFront(t: TestContext, trouble: Trouble = () => false): Promise<Address> {
  let count = 0;
  const server = http.createServer((request, response) => {
    request.resume();
    count += 1;
    if (trouble(request, response, count)) return;
    if (request.url === '/api/v1/status') send(response, 200, { status: 'ok', ...says });
    else if (request.method === 'POST') send(response, 201, { order, ...says });
    else send(response, 200, { orders: [order], ...says });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

function send(response: http.ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-length': Buffer.byteLength(text) }).end(text);
}

/** Lets users ask until so many requests were made. */
async function ask(front: Address, enough: (counts: TrafficCounts) => boolean): Promise<TrafficCounts> {
  const users: Users = startUsers({ front, badVersion: '5.0.0' });
  while (!enough(users.counts())) await sleep(20);
  return await users.stop();
}

test('users of a good shop fail at nothing, and are told by whom they were answered', async (t) => {
  const counts = await ask(await startFront(t), ({ requests }) => requests > 200);
  assert.equal(counts.failed, 0, JSON.stringify(counts));
  assert.deepEqual(counts.byVersion, { '2.0.0': counts.requests });
  assert.equal(counts.fromBadRelease, 0);
});

test('every planted loss is counted, by its kind', async (t) => {
  const planted = { cut: 0, wrongStatus: 0, wrongOrder: 0, nameless: 0 };
  // Counted by kind, because users ask in step: the n-th request of all may be of the same kind every time.
  const asked = { orders: 0, statuses: 0 };
  const front = await startFront(t, (request, response, count) => {
    if (count % 40 === 10) {
      planted.cut += 1;
      response.writeHead(200, { 'content-length': 1_000 }).write('{');
      setImmediate(() => request.socket.destroy());
    } else if (count % 40 === 20) {
      planted.wrongStatus += 1;
      send(response, 503, { error: 'unavailable', ...says });
    } else if (request.method === 'POST' && ++asked.orders % 8 === 4) {
      planted.wrongOrder += 1;
      send(response, 201, { order: { ...order, quantity: 3 }, ...says });
    } else if (request.url === '/api/v1/status' && ++asked.statuses % 8 === 4) {
      planted.nameless += 1;
      send(response, 200, { status: 'ok' });
    } else return false;
    return true;
  });
  const counts = await ask(front, () => planted.cut > 2 && planted.wrongOrder > 1 && planted.nameless > 1);
  assert.deepEqual(counts.losses, {
    truncated: planted.cut,
    'wrong-status': planted.wrongStatus,
    'wrong-body': planted.wrongOrder + planted.nameless,
  });
  assert.equal(counts.failed, planted.cut + planted.wrongStatus + planted.wrongOrder + planted.nameless);
});

test('only the bad release’s own error answers are counted apart; anybody else’s are failures', async (t) => {
  const own = { version: '5.0.0', releaseId: 'shop@0000005', error: 'internal error' };
  const sent = { own: 0, others: 0, bare: 0 };
  const front = await startFront(t, (_request, response, count) => {
    if (count % 30 === 10) {
      sent.own += 1;
      send(response, 500, own);
    } else if (count % 30 === 20) {
      sent.others += 1;
      send(response, 500, { ...own, version: '2.0.0' });
    } else if (count % 30 === 0) {
      sent.bare += 1;
      response.writeHead(500, { 'content-length': 0 }).end();
    } else return false;
    return true;
  });
  const counts = await ask(front, () => sent.own > 2 && sent.others > 2 && sent.bare > 2);
  assert.equal(counts.fromBadRelease, sent.own);
  assert.deepEqual(counts.losses, { 'wrong-status': sent.others + sent.bare });
  assert.equal(counts.failed, sent.others + sent.bare);
});

test('a front that is not there is a failure for every request', async () => {
  const counts = await ask({ host: '127.0.0.1', port: 9 }, ({ requests }) => requests > 20);
  assert.equal(counts.failed, counts.requests);
  assert.deepEqual(Object.keys(counts.losses), ['connect']);
});

test('in a thread of their own users ask as often as promised, and are counted to the last', async (t) => {
  let seen = 0;
  const front = await startFront(t, () => {
    seen += 1;
    return false;
  });
  const traffic = startTraffic({ front, badVersion: '5.0.0' });
  const told: number[] = [];
  traffic.onCounts(({ requests }) => told.push(requests));
  while (traffic.counts().requests < 100) await sleep(20);
  const counts = await traffic.stop();
  assert.equal(counts.requests, seen);
  assert.equal(counts.failed, 0);
  assert.equal(told.at(-1), seen);
  assert.deepEqual(await traffic.stop(), counts);
});
