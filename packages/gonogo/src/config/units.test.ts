import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDuration, parseListen, parsePercent, parseRatio } from './units.ts';

test('durations are read in each unit', () => {
  assert.deepEqual(
    ['500ms', '20s', '1.5m', '1h', '0s'].map(parseDuration),
    [500, 20_000, 90_000, 3_600_000, 0],
  );
});

test('what has no unit, a sign, a blank or another unit is no duration', () => {
  for (const text of [
    '',
    '5',
    '-5s',
    '+5s',
    '5 s',
    ' 5s',
    '5S',
    '1d',
    '1h30m',
    '.5s',
    '1e3s',
    'Infinitys',
    '5s\n',
  ]) {
    assert.equal(parseDuration(text), undefined, text);
  }
});

test('a duration in a larger unit is the same in a smaller one', () => {
  const whole = fc.integer({ min: 0, max: 99_999 });
  fc.assert(
    fc.property(whole, (n) => {
      assert.equal(parseDuration(`${n}s`), parseDuration(`${n * 1000}ms`));
      assert.equal(parseDuration(`${n}m`), parseDuration(`${n * 60}s`));
      assert.equal(parseDuration(`${n}h`), parseDuration(`${n * 60}m`));
    }),
  );
});

test('no text at all is read as something that is not a length of time', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const millis = parseDuration(text);
      assert.ok(millis === undefined || (Number.isFinite(millis) && millis >= 0));
    }),
  );
});

test('percentages are shares of at most one, ratios are at least one', () => {
  assert.deepEqual(['0%', '1%', '0.5%', '100%'].map(parsePercent), [0, 0.01, 0.005, 1]);
  assert.deepEqual(['1x', '1.5x', '10x'].map(parseRatio), [1, 1.5, 10]);
  for (const text of ['1', '101%', '-1%', '%', '1 %']) assert.equal(parsePercent(text), undefined, text);
  for (const text of ['1', '0.9x', 'x', '1.5', '-2x']) assert.equal(parseRatio(text), undefined, text);
});

test('a port listens on every address, unless one is named', () => {
  assert.deepEqual(parseListen('80'), { host: '0.0.0.0', port: 80 });
  assert.deepEqual(parseListen('127.0.0.1:8080'), { host: '127.0.0.1', port: 8080 });
  assert.deepEqual(parseListen('[::1]:443'), { host: '::1', port: 443 });
  for (const text of ['0', '65536', 'localhost:80', '1.2.3:80', '::1:80', ':80', '80:', '', '999.1.1.1:80']) {
    assert.equal(parseListen(text), undefined, text);
  }
});
