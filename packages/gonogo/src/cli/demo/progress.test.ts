import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Progress, RolloutDetail } from '../../api/contract.ts';
import type { Event } from '../../domain/event.ts';
import { lineReader } from './gonogo.ts';
import { duration, progressLines, verdictLines } from './progress.ts';

const target = { project: 'p', service: 'shop', environment: 'production', host: 'local' };

const intended = (key: string, step: string, direction: 'forward' | 'undo' = 'forward'): Event => ({
  e: 'intended',
  at: 0,
  intent: {
    key,
    step,
    direction,
    redo: 'safe',
    within: 1_000,
    work: { do: 'scale', pool: { target, slot: 'blue', role: 'web' }, revision: 'r', count: 1 },
  },
});

const settled = (key: string, is: 'ok' | 'failed'): Event => ({
  e: 'settled',
  at: 0,
  key,
  outcome: { is, evidence: [] },
});

test('a step is a line when it is settled, with its time; an undo says so', () => {
  let now = 0;
  const tell = progressLines(() => now);
  const at = (time: number, event: Event): string[] => {
    now = time;
    return tell({ event } satisfies Progress);
  };
  assert.deepEqual(at(0, intended('a', 'flip')), []);
  assert.deepEqual(at(12, settled('a', 'ok')), ['  ✓ flip         12 ms']);
  at(20, intended('b', 'watch'));
  assert.deepEqual(at(4_220, settled('b', 'failed')), ['  ✗ watch        4.2 s']);
  assert.deepEqual(at(4_221, { e: 'turned-back', at: 0, why: 'errors' }), ['  ↩ turning back: errors']);
  at(4_222, intended('c', 'flip', 'undo'));
  assert.deepEqual(at(4_224, settled('c', 'ok')), ['  ✓ undo flip    2 ms']);
});

test('a NO-GO says what failed, from where, where it works and what to do', () => {
  const rollout = {
    verdict: 'NO-GO',
    release: 'shop@9f3c2a1',
    environment: 'production',
    previous: 'shop@41bd07e',
    findings: [
      {
        what: 'reach tcp://db:1',
        saw: 'closed at once',
        from: 'green',
        elsewhere: 'staging reaches it',
        hint: 'ask',
      },
    ],
  } as unknown as RolloutDetail;
  assert.deepEqual(verdictLines(rollout), [
    'NO-GO  shop@9f3c2a1 → production   users stayed on shop@41bd07e',
    '  ✗ reach tcp://db:1   from green: closed at once',
    '    staging reaches it',
    '    ask',
  ]);
});

test('a line that comes in pieces is told once, whole', () => {
  const lines: string[] = [];
  const read = lineReader((line) => lines.push(line));
  for (const piece of ['{"a"', ':1}\n{"b":2}\n{', '"c":3}', '\n']) read(piece);
  assert.deepEqual(lines, ['{"a":1}', '{"b":2}', '{"c":3}']);
});

test('durations below a second are in milliseconds', () => {
  assert.deepEqual([duration(999.4), duration(1_000)], ['999 ms', '1.0 s']);
});
