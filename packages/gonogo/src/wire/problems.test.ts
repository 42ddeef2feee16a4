import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod/mini';
import { HistoryInput, RecordReleaseInput } from './api.ts';
import { ListenerSpec } from './keeper.ts';
import { ReplicasWire } from './manifest.ts';
import { some, text } from './parts.ts';
import { inWords, problemsOf } from './problems.ts';

const problems = (schema: z.ZodMiniType, value: unknown): string[] => {
  const { error } = schema.safeParse(value, inWords);
  return error ? problemsOf(error) : [];
};

test('what is wrong with a value is said by place and rule', () => {
  assert.deepEqual(problems(ListenerSpec, { port: '80', ports: [] }), [
    'host: is missing',
    'port: must be number, not string',
    'input: unknown key ports',
  ]);
  assert.deepEqual(problems(HistoryInput, { project: 'Shop', environment: 'live', limit: 0.5 }), [
    'project: must match /^[a-z][a-z0-9-]{0,63}$/',
    'limit: must be int, not number',
  ]);
});

test('a limit says which side it is on, and what it counts', () => {
  const schema = z.strictObject({ a: some(text(3)), b: z.number().check(z.gt(0), z.lt(1)) });
  assert.deepEqual(problems(schema, { a: [], b: 0 }), [
    'a: must be at least 1 entries',
    'b: must be more than 0',
  ]);
  assert.deepEqual(problems(schema, { a: ['long'], b: 1 }), [
    'a.0: must be at most 3 characters',
    'b: must be less than 1',
  ]);
});

test('of several known words all are named, and the one that was sent is not', () => {
  const { artifact } = RecordReleaseInput.shape.record.shape.release.shape;
  assert.deepEqual(problems(artifact, { kind: 'canary' }), ['kind: must be bundle or image']);
  assert.deepEqual(problems(z.enum(['blue', 'green']), 'canary'), ['input: must be blue or green']);
});

test('a schema that knows better has a sentence of its own', () => {
  const range = { min: 3, max: 2, by: 'cpu', target: 1, downAfter: 0 };
  assert.deepEqual(problems(ReplicasWire, range), ['input: max must be at least min']);
});
