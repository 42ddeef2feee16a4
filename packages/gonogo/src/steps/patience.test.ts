import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problem } from '../errors.ts';
import { systemClock as clock } from '../system/clock.ts';
import { patiently } from './patience.ts';

const away = problem('DOCKER_DOWN', { socket: '/s', why: 'nothing listens there' });
const never = new AbortController().signal;

/** Fails so often, and then answers how often it was asked. */
function failing(times: number, error: Error): () => Promise<number> {
  let asked = 0;
  return async () => {
    asked += 1;
    if (asked <= times) throw error;
    return asked;
  };
}

test('what is put back waits for what is away', async () => {
  assert.equal(await patiently({ clock }, { direction: 'undo', signal: never }, failing(2, away)), 3);
});

test('on the way forward what is away is told at once, and so is every other failure on the way back', async () => {
  await assert.rejects(patiently({ clock }, { direction: 'forward', signal: never }, failing(1, away)), away);
  const other = problem('DOCKER_REFUSED', { what: 'x', why: 'y' });
  await assert.rejects(patiently({ clock }, { direction: 'undo', signal: never }, failing(1, other)), other);
});

test('who gives up does not wait', async () => {
  const stop = new AbortController();
  const waiting = patiently({ clock }, { direction: 'undo', signal: stop.signal }, failing(9, away));
  stop.abort(new Error('enough'));
  await assert.rejects(waiting);
});
