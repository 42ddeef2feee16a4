import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate } from './gate.ts';
import { limits } from './limits.ts';

const gate = (connections: number, connectionsPerAddress: number): Gate =>
  new Gate({ ...limits, connections, connectionsPerAddress }, (address) => address === '10.0.0.1');

test('an address has so many connections at once, unless it is this machine or a trusted proxy', () => {
  const one = gate(100, 2);
  const enters = (address: string) => [0, 1, 2].map(() => one.enter(address));
  assert.deepEqual(enters('192.0.2.1'), [true, true, false]);
  assert.deepEqual(enters('::ffff:192.0.2.2'), [true, true, false]);
  for (const address of ['127.0.0.1', '::ffff:127.0.0.5', '::1', '10.0.0.1', '::ffff:10.0.0.1']) {
    assert.deepEqual(enters(address), [true, true, true], address);
  }
  one.leave('192.0.2.1');
  assert.deepEqual(enters('192.0.2.1'), [true, false, false]);
});

test('whoever has an IPv6 network of 64 bits has one address', () => {
  const one = gate(100, 2);
  const enters = (...addresses: string[]) => addresses.map((address) => one.enter(address));
  assert.deepEqual(enters('2001:db8:0:1::1', '2001:db8:0:1:ffff::', '2001:db8:0:1::2'), [true, true, false]);
  assert.deepEqual(enters('2001:db8:0:2::1', '2001:db8:1::1', '2001:db8::'), [true, true, true]);
  assert.deepEqual(enters('fe80::1%eth0', 'fe80::2%eth0', 'fe80::3%eth0'), [true, true, false]);
  one.leave('2001:db8:0:1::1');
  assert.deepEqual(enters('2001:db8:0:1::3', '2001:db8:0:1::4'), [true, false]);
});

test('all together have so many, and whoever waits for the last to leave is told', async () => {
  const one = gate(2, 0);
  assert.deepEqual(
    ['a', 'b', 'c'].map((address) => one.enter(address)),
    [true, true, false],
  );
  const empty = one.empty(60_000).then(() => one.size);
  for (const address of ['a', 'b']) one.leave(address);
  assert.equal(await empty, 0);
  assert.equal(one.enter('c'), true);
  await one.empty(1);
  assert.equal(one.size, 1, 'it does not wait for ever');
});
