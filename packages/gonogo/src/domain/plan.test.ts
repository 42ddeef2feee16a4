import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { frontier, type Plan, type Step, stepsOf } from './plan.ts';

const target = { project: 'p', service: 'shop', environment: 'production', host: 'local' };

const step = (id: string): Step => ({
  id,
  name: id,
  work: { do: 'scale', pool: { target, slot: 'blue', role: 'web' }, revision: 'r', count: 1 },
  undo: [],
  within: 1000,
  redo: 'safe',
});

const plan: Plan = { seq: [step('a'), { all: [{ seq: [step('b'), step('c')] }, step('d')] }, step('e')] };
const next = (...done: string[]): string[] =>
  frontier(plan, ({ id }) => done.includes(id)).map(({ id }) => id);

describe('a plan', () => {
  test('lists its steps in the order in which it is written', () => {
    assert.deepEqual(
      stepsOf(plan).map(({ id }) => id),
      ['a', 'b', 'c', 'd', 'e'],
    );
  });

  test('begins with its first step', () => {
    assert.deepEqual(next(), ['a']);
  });

  test('goes on in every branch at once', () => {
    assert.deepEqual(next('a'), ['b', 'd']);
    assert.deepEqual(next('a', 'b'), ['c', 'd']);
  });

  test('waits for all branches before what comes after them', () => {
    assert.deepEqual(next('a', 'b', 'c'), ['d']);
    assert.deepEqual(next('a', 'b', 'c', 'd'), ['e']);
  });

  test('is over when every step is done', () => {
    assert.deepEqual(next('a', 'b', 'c', 'd', 'e'), []);
  });
});
