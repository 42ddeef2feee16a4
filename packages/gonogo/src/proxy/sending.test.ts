import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Origin } from './forwarded.ts';
import { readRequest } from './http/request-head.ts';
import { limits } from './limits.ts';
import { Sending } from './sending.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function sending(): Sending {
  const bytes = Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  const head = readRequest(bytes, { at: 0, end: bytes.length }, limits);
  assert.ok(typeof head === 'object' && 'kept' in head);
  return new Sending(head, Origin.of(new net.Socket(), false), 'id');
}

test('a body of many small chunks that is kept takes little more memory than what is in it', () => {
  const all = Array.from({ length: 10 }, sending);
  const bytes = Buffer.from('x');
  collect();
  const before = process.memoryUsage().heapUsed;
  for (const one of all) for (let i = 0; i < 10_000; i += 1) one.data(bytes, 0, 1);
  collect();
  const kept = 10 * 10_000 * '1\r\nx\r\n'.length;
  const took = process.memoryUsage().heapUsed - before;
  assert.ok(took < 2 * kept, `${took} for ${kept}`);
  assert.ok(all.every((one) => one.replayable && !one.congested));
});
