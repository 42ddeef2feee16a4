import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framesOf, linesOf } from './output.ts';

/** A frame as the engine sends it. */
function frame(from: 1 | 2, content: string | Buffer): Buffer {
  const head = Buffer.from([from, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(Buffer.byteLength(content), 4);
  return Buffer.concat([head, Buffer.from(content)]);
}

async function linesIn(...chunks: readonly Buffer[]): Promise<string[]> {
  async function* sent() {
    yield* chunks;
  }
  const lines: string[] = [];
  for await (const line of linesOf(framesOf(sent()))) lines.push(line);
  return lines;
}

test('lines come whole, however they are cut, and of stdout and stderr do not mix', async () => {
  const euro = Buffer.from('€');
  const stream = Buffer.concat([
    frame(1, 'one\ntw'),
    frame(2, 'err'),
    frame(1, Buffer.concat([Buffer.from('o '), euro.subarray(0, 1)])),
    frame(1, Buffer.concat([euro.subarray(1), Buffer.from('\n')])),
    frame(2, 'or\nrest'),
  ]);
  const expected = ['one', 'two €', 'error', 'rest'];
  assert.deepEqual(await linesIn(stream), expected);
  assert.deepEqual(await linesIn(...[...stream].map((byte) => Buffer.from([byte]))), expected);
});

test('a line that never ends is told in pieces, and not gathered for ever', async () => {
  const lines = await linesIn(...Array.from({ length: 100 }, () => frame(1, 'x'.repeat(16_384))));
  assert.equal(lines.join('').length, 100 * 16_384);
  assert.ok(lines.every((line) => line.length <= 80_000));
});
