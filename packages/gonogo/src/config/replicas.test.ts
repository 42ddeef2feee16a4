import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod/mini';
import { replicas, workerReplicas } from './replicas.ts';

const minutes = 60_000;

test('a number is a fixed size', () => {
  assert.equal(z.parse(replicas, 3), 3);
});

test('a range follows the processor time or the requests in flight of one instance', () => {
  assert.deepEqual(z.parse(replicas, { min: 2, max: 8, cpu: '70%' }), {
    ...{ min: 2, max: 8, by: 'cpu', target: 0.7, downAfter: 5 * minutes },
  });
  assert.deepEqual(z.parse(replicas, { max: 8, in_flight: 20, down_after: '30s' }), {
    ...{ min: 1, max: 8, by: 'in_flight', target: 20, downAfter: 30_000 },
  });
  assert.deepEqual(z.parse(workerReplicas, { max: 2, cpu: '50%' }), {
    ...{ min: 1, max: 2, by: 'cpu', target: 0.5, downAfter: 5 * minutes },
  });
});

const said = (schema: typeof replicas | typeof workerReplicas, input: unknown): string => {
  const { error } = z.safeParse(schema, input);
  return JSON.stringify(error?.issues ?? []);
};

test('a range that says too little, too much or nonsense is refused with a sentence', () => {
  const vectors: [unknown, RegExp][] = [
    [{ min: 2, max: 8 }, /needs what the count follows: add cpu: 70% or in_flight: 20/],
    [{ max: 8, cpu: '70%', in_flight: 3 }, /must have cpu or in_flight, and only one of them/],
    [{ min: 4, max: 3, cpu: '70%' }, /"path":\["max"\].*must be at least min, which is 4/],
    [{ min: 0, max: 3, cpu: '70%' }, /must be at least 1/],
    [{ max: 2000, cpu: '70%' }, /must be at most 1000/],
    [{ max: 8, cpu: '0%' }, /"path":\["cpu"\].*must be more than 0%/],
    [{ max: 8, cpu: '170%' }, /is not a percentage/],
    [{ max: 8, cpu: 70 }, /must be a percentage/],
    [{ max: 8, in_flight: 0 }, /must be at least 1/],
    [{ max: 8, cpu: '70%', down_after: 5 }, /must be a duration/],
  ];
  for (const [input, sentence] of vectors) {
    const whole = said(replicas, input).replace(/"message":"([^"]*)","path":(\[[^\]]*\])/g, '"path":$2 $1');
    assert.match(whole, sentence, JSON.stringify(input));
  }
});

test('a worker has no requests to follow', () => {
  assert.match(said(workerReplicas, { max: 3, in_flight: 5 }), /a worker takes no requests: write cpu/);
  assert.match(said(workerReplicas, { max: 3 }), /add cpu: 70%"/);
});
