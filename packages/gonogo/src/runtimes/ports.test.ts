import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { freePorts } from './ports.ts';

const host = '127.0.0.1';

test('a port that an instance is given is neither one of a front nor one that the system hands out', async () => {
  for (const random of [0, 0.5, 0.9999]) {
    const ports = await freePorts({ host, count: 3, taken: new Set(), random: () => random });
    assert.equal(new Set(ports).size, 3);
    for (const port of ports) assert.ok(port >= 26_000 && port < 60_000, `${port}`);
  }
});

test('a port that is assigned or in use is left alone', async (t) => {
  const wish = { host, count: 1, random: () => 0.25 };
  const [first = 0] = await freePorts({ ...wish, taken: new Set() });
  const [second = 0] = await freePorts({ ...wish, taken: new Set([first]) });
  assert.notEqual(second, first);
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(second, host, resolve));
  t.after(() => server.close());
  const [third] = await freePorts({ ...wish, taken: new Set([first]) });
  assert.ok(third !== first && third !== second);
});

test('an address that is not ours is said to be so', async () => {
  const wish = { host: '192.0.2.1', count: 1, taken: new Set<number>(), random: () => 0 };
  await assert.rejects(freePorts(wish), { code: 'LISTEN_FAILED' });
});
