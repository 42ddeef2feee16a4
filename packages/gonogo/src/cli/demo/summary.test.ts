import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RolloutDetail } from '../../api/contract.ts';
import { type Chapter, story, type Told } from './story.ts';
import { summaryJson, summaryLines, type TrafficCounts, whatBroke } from './summary.ts';
import { numberOf } from './versions.ts';

const finding = {
  what: 'reach tcp://127.0.0.1:3',
  saw: 'opened, then closed at once',
  from: 'blue',
  elsewhere: 'staging reaches it in 2 ms (checked 5 seconds ago)',
};

const rollout = (chapter: Chapter, change: Partial<RolloutDetail> = {}): RolloutDetail => ({
  id: 'r1',
  environment: 'production',
  kind: chapter.act,
  strategy: 'blue-green',
  release: `shop@00000${chapter.version}`,
  revision: 'x',
  startedAt: 0,
  endedAt: 2_500,
  verdict: chapter.expected.verdict,
  ...(chapter.expected.verdict === 'NO-GO' ? { failedStep: chapter.expected.step } : {}),
  steps: [],
  flips: Array.from({ length: chapter.flips }, () => ({ ms: 1.234 })),
  findings: chapter.rehearsed ? [finding] : [],
  evidence: [],
  events: [],
  ...change,
});

const told = (chapter: Chapter, change: Partial<Told> = {}): Told => ({
  chapter,
  ms: 4_321.4,
  rollout: rollout(chapter),
  ...(chapter.rehearsed ? { rehearsal: rollout(chapter, { environment: 'staging', verdict: 'GO' }) } : {}),
  served: numberOf(chapter.serves),
  ...change,
});

const asPlanned = story.map((chapter) => told(chapter));

const traffic: TrafficCounts = {
  requests: 15_000,
  failed: 0,
  fromBadRelease: 120,
  byVersion: { '1.0.0': 5_000, '2.0.0': 9_000, '5.0.0': 1_000 },
  losses: {},
  seconds: 60,
};

/** The story as planned, but for one chapter. */
const butFor = (version: string, change: (chapter: Chapter) => Partial<Told>): Told[] =>
  story.map((chapter) =>
    told(chapter, chapter.version === version && chapter.act === 'deploy' ? change(chapter) : {}),
  );

test('a story that went as planned broke nothing', () => {
  assert.deepEqual(whatBroke(asPlanned, traffic), []);
});

test('every way in which the story can break is a sentence', () => {
  const breaks: readonly (readonly [RegExp, Told[], Partial<TrafficCounts>])[] = [
    [/v3 got GO, not NO-GO/, butFor('v3', (c) => ({ rollout: rollout(c, { verdict: 'GO' }) })), {}],
    [
      /v3 was stopped by ready, not by preflight/,
      butFor('v3', (c) => ({ rollout: rollout(c, { failedStep: 'ready' }) })),
      {},
    ],
    [/v5 took 1 flips, not 2/, butFor('v5', (c) => ({ rollout: rollout(c, { flips: [{ ms: 1 }] }) })), {}],
    [/after v2 the front answered with 1\.0\.0, not v2/, butFor('v2', () => ({ served: '1.0.0' })), {}],
    [/v4 got NO-GO in staging/, butFor('v4', (c) => ({ rehearsal: rollout(c) })), {}],
    [
      /does not say that staging reaches/,
      butFor('v4', (c) => ({ rollout: rollout(c, { findings: [] }) })),
      {},
    ],
    [
      /3 requests got no complete, correct answer \(truncated 3\)/,
      asPlanned,
      { failed: 3, losses: { truncated: 3 } },
    ],
    [/there were 199 requests a second/, asPlanned, { requests: 11_999 }],
    [/no user met v5/, asPlanned, { fromBadRelease: 0 }],
    [/users met v4/, asPlanned, { byVersion: { '4.0.0': 1 } }],
  ];
  for (const [sentence, chapters, change] of breaks) {
    const broke = whatBroke(chapters, { ...traffic, ...change });
    assert.equal(broke.length, 1, broke.join('\n'));
    assert.match(broke[0] ?? '', sentence);
  }
});

test('the line for programs has one verdict a chapter, and every flip of production', () => {
  const line = JSON.parse(summaryJson(asPlanned, traffic));
  assert.deepEqual(Object.keys(line), ['verdicts', 'traffic', 'flips']);
  assert.deepEqual(
    line.verdicts.map((one: { release: string; verdict: string; step: string | null }) => [
      one.release,
      one.verdict,
      one.step,
    ]),
    [
      ['v1', 'GO', null],
      ['v2', 'GO', null],
      ['v3', 'NO-GO', 'preflight'],
      ['v4', 'NO-GO', 'reach'],
      ['v5', 'NO-GO', 'watch'],
      ['v1', 'GO', null],
    ],
  );
  assert.equal(line.verdicts[0].ms, 4_321);
  assert.deepEqual(line.traffic, { requests: 15_000, failed: 0, from_bad_release: 120 });
  assert.deepEqual(
    line.flips,
    Array.from({ length: 5 }, () => ({ ms: 1.23 })),
  );
});

test('the summary for people names every rollout, staging too, then the traffic and the flips', () => {
  assert.deepEqual(summaryLines(asPlanned, traffic), [
    'release           to           verdict   step        time',
    'v1 shop@00000v1   production   GO                    4.3 s',
    'v2 shop@00000v2   production   GO                    4.3 s',
    'v3 shop@00000v3   production   NO-GO     preflight   4.3 s',
    'v4 shop@00000v4   staging      GO                    2.5 s',
    'v4 shop@00000v4   production   NO-GO     reach       4.3 s',
    'v5 shop@00000v5   production   NO-GO     watch       4.3 s',
    'v1 shop@00000v1   production   GO        rollback    4.3 s',
    '',
    'traffic  15000 requests, 250 a second; 0 failed; 120 error answers from v5',
    'flips    5, each acknowledged within 2 ms',
  ]);
});
