import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { ObservedInstance } from '../ports/runtime.ts';
import { explainEnd } from './explain.ts';

const ended = (code: number): ObservedInstance => ({
  id: 'web-0',
  host: '127.0.0.1',
  port: 4711,
  inARow: 0,
  state: { is: 'ended', code, signal: null, startedAt: 0, endedAt: 0 },
});

/** What a program of one line prints before it ends. */
const linesOf = (program: string): string[] =>
  spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stderr.split('\n');

test('the last words of a crash are the error, not the end of its stack', () => {
  const lines = linesOf(
    'throw Object.assign(new Error("no such table"), { code: "42P01", cause: new Error("c") })',
  );
  assert.match(lines.join('\n'), /at .*\n.*code: '42P01'.*\nNode\.js v/s);
  const { why } = explainEnd(ended(1), 'green', lines);
  assert.equal(why, 'an instance in green ended with exit code 1; its last words: Error: no such table');
});

test('an error that was printed with its stack is found as well', () => {
  const { why } = explainEnd(
    ended(34),
    'green',
    linesOf('console.error(new Error("no password")); process.exit(34)'),
  );
  assert.equal(why, 'an instance in green ended with exit code 34; its last words: Error: no password');
});

test('a program that says why it ends is quoted', () => {
  const { why } = explainEnd(ended(2), 'green', ['starting', 'config: DATABASE_URL is missing', '']);
  assert.equal(
    why,
    'an instance in green ended with exit code 2; its last words: config: DATABASE_URL is missing',
  );
});

test('only indented lines are better than nothing', () => {
  assert.match(explainEnd(ended(1), 'green', ['', '  bad input', '']).why, /; its last words: bad input$/);
  assert.equal(explainEnd(ended(1), 'green', ['', ' ']).why, 'an instance in green ended with exit code 1');
});

test('a port that is taken is told with what to change', () => {
  const { why, hint } = explainEnd(ended(1), 'green', [
    'Error: listen EADDRINUSE: address already in use 127.0.0.1:8080',
  ]);
  assert.equal(why, 'an instance in green ended because port 8080, which it wants to listen on, is in use');
  assert.match(hint, /PORT instead of 8080/);
});
