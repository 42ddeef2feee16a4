import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { advance, cursorAtEnd, cursorAtStart, rotatedCopies, tail } from './output.ts';
import { rotate } from './rotate.ts';

const folder = mkdtempSync(join(tmpdir(), 'gonogo-output-'));
const path = join(folder, 'a.log');
after(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  for (const name of ['', '.1', '.2', '.3']) rmSync(path + name, { force: true });
  writeFileSync(path, '', { mode: 0o600 });
});
const rotation = { bytes: 12, files: 2 };

test('a file is rotated only when it has grown, and no more copies are kept than asked for', async () => {
  appendFileSync(path, 'short\n');
  assert.equal(await rotate(path, rotation), false);
  for (const text of ['first of all\n', 'second of all\n', 'third of all\n']) {
    appendFileSync(path, text);
    assert.equal(await rotate(path, rotation), true);
  }
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'third of all\n');
  assert.equal(readFileSync(`${path}.2`, 'utf8'), 'second of all\n');
  assert.equal(existsSync(`${path}.3`), false);
  assert.equal(statSync(path).size, 0);
  assert.equal(statSync(`${path}.1`).mode & 0o777, 0o600);
});

test('a follower that was slow reads on through every copy that was made meanwhile', async () => {
  appendFileSync(path, 'one\n');
  const cursor = cursorAtEnd(path);
  appendFileSync(path, 'two, long enough\n');
  await rotate(path, rotation);
  appendFileSync(path, 'three, long enough\n');
  await rotate(path, rotation);
  appendFileSync(path, 'four\nfi');
  assert.deepEqual(await advance(cursor), ['two, long enough', 'three, long enough', 'four']);
  appendFileSync(path, 've\n');
  assert.deepEqual(await advance(cursor), ['five']);
  assert.deepEqual(await advance(cursor), []);
});

test('a follower misses no line and sees none twice, whenever the file is rotated while it reads', async () => {
  const cursor = cursorAtStart(path);
  const seen: string[] = [];
  const written: string[] = [];
  const write = (lines: number): void => {
    for (let i = 0; i < lines; i += 1) {
      written.push(`line ${written.length + 1}`);
      appendFileSync(path, `${written.at(-1)}\n`);
    }
  };
  for (let round = 0; round < 120; round += 1) {
    write(20);
    const reading = advance(cursor);
    for (let turn = 0; turn < round % 12; turn += 1) await setImmediate();
    await rotate(path, { bytes: 500, files: 100 });
    write(60); // More than was there, so that an old position is one in the new file too.
    seen.push(...(await reading));
  }
  seen.push(...(await advance(cursor)));
  assert.deepEqual(seen, written);
  for (const copy of await rotatedCopies(path)) rmSync(copy);
});

test('a character that is cut in two comes whole', async () => {
  const cursor = cursorAtStart(path);
  const bytes = Buffer.from('señal €\n');
  appendFileSync(path, bytes.subarray(0, 3));
  assert.deepEqual(await advance(cursor), []);
  appendFileSync(path, bytes.subarray(3));
  assert.deepEqual(await advance(cursor), ['señal €']);
});

test('the last lines go back into the copy of before the rotation', async () => {
  appendFileSync(path, 'one\ntwo\nthree\n');
  await rotate(path, rotation);
  appendFileSync(path, 'four\n');
  assert.deepEqual(await tail(path, 3), ['two', 'three', 'four']);
  assert.deepEqual(await tail(path, 1), ['four']);
  assert.deepEqual(await tail(path, 0), []);
  assert.deepEqual(await tail(join(folder, 'none.log'), 5), []);
});
