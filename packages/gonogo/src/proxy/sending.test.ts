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

test('bodies of many small chunks that are kept take not much more memory than what is in them', () => {
  const bytes = Buffer.from('x');
  const fill = (one: Sending): void => {
    for (let i = 0; i < 10_000; i += 1) one.data(bytes, 0, 1);
  };
  fill(sending()); // What the engine learns from it is not measured.
  const all = Array.from({ length: 50 }, sending);
  collect();
  const before = process.memoryUsage().heapUsed;
  all.forEach(fill);
  collect();
  const kept = all.length * 10_000 * '1\r\nx\r\n'.length;
  const took = process.memoryUsage().heapUsed - before;
  assert.ok(took < 4 * kept, `${took} for ${kept}`); // Each piece on its own would take nine times as much.
  assert.ok(all.every((one) => one.replayable && !one.congested));
});
