import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvironmentStatus, Progress, RolloutDetail, SlotStatus } from '../../api/contract.ts';
import type { CheckResult } from '../../domain/check.ts';
import type { Event } from '../../domain/event.ts';
import type { Work } from '../../domain/plan.ts';
import { columns } from './columns.ts';
import { historyLines } from './history.ts';
import { paletteFor, plain } from './palette.ts';
import { processLines } from './processes.ts';
import { showLines } from './show.ts';
import { statusLines } from './status.ts';
import { advance, liveLine, noSteps } from './steps.ts';
import { ago, bytes, duration, until } from './time.ts';
import { verdictLines } from './verdict.ts';

const front = { host: '127.0.0.1', port: 8080 };
const minute = 60_000;
const now = 1_000_000_000;

const go: RolloutDetail = {
  id: 'r-12',
  environment: 'production',
  kind: 'deploy',
  strategy: 'blue-green',
  release: 'shop@9f3c2a1',
  revision: '9f3c2a1.aaaaaaaa',
  previous: 'shop@41bd07e',
  startedAt: now - 14 * minute,
  endedAt: now - 14 * minute + 3200,
  ending: 'succeeded',
  verdict: 'GO',
  steps: [
    { id: 'preflight', name: 'preflight', state: 'ok', ms: 12 },
    { id: 'verify', name: 'verify', state: 'failed', ms: 3004, why: '1 of 2 checks failed' },
    { id: 'flip', name: 'flip', state: 'waiting' },
  ],
  front,
  flips: [{ ms: 1.44 }],
  findings: [],
  evidence: [],
  events: [],
};

const finding = {
  what: 'reach tcp://prod-db-cluster-01:5432',
  from: 'green',
  saw: 'no answer in 3 s',
  elsewhere: 'staging reaches it in 2 ms (checked 14 minutes ago)',
  hint: 'The name resolves; nothing answers: most likely a firewall rule.',
};

const noGo: RolloutDetail = { ...go, verdict: 'NO-GO', ending: 'rejected', findings: [finding], flips: [] };

const check = (verdict: CheckResult['verdict'], change: Partial<CheckResult> = {}): CheckResult => ({
  name: 'status endpoint',
  kind: 'http',
  verdict,
  ms: 20,
  attempts: 1,
  flaky: false,
  from: 'green',
  saw: '200 in 20 ms',
  ...change,
});

test('a GO is one line: what is live, where, and how long it took', () => {
  assert.deepEqual(verdictLines(go, plain), [
    'GO  shop@9f3c2a1 → production   live on http://127.0.0.1:8080, 3.2 s',
  ]);
});

test('a NO-GO says what failed, where it works and what to do', () => {
  assert.deepEqual(verdictLines(noGo, plain), [
    'NO-GO  shop@9f3c2a1 → production   users stayed on shop@41bd07e',
    '  ✗ reach tcp://prod-db-cluster-01:5432   from green: no answer in 3 s',
    '    staging reaches it in 2 ms (checked 14 minutes ago). The name resolves; nothing answers: most likely a firewall rule.',
  ]);
});

test('every ending says what it means for users', () => {
  const says = (change: Partial<RolloutDetail>): string =>
    verdictLines({ ...noGo, findings: [], ...change }, plain)[0]?.split('   ')[1] ?? '';
  const { previous: _, ...first } = noGo;
  const flipped = [{ ms: 1 }, { ms: 1 }];
  assert.equal(says({ ending: 'rolled-back', flips: flipped }), 'users are back on shop@41bd07e');
  assert.equal(says({ ending: 'aborted', flips: [] }), 'users stayed on shop@41bd07e');
  assert.equal(says({ ending: 'aborted', flips: flipped }), 'users are back on shop@41bd07e');
  assert.match(says({ ending: 'stuck' }), /^putting it back failed/);
  assert.match(verdictLines(first, plain)[0] ?? '', / {3}nothing is live yet$/);
  assert.match(verdictLines({ ...first, flips: flipped }, plain)[0] ?? '', /the front answers 503$/);
});

test('a NO-GO without findings names the step that decided it', () => {
  const lines = verdictLines(
    { ...noGo, findings: [], failedStep: 'ready', why: 'web-1 exited with 1' },
    plain,
  );
  assert.equal(lines[1], '  ✗ ready: web-1 exited with 1');
});

const target = { project: 'shop-1', service: 'shop', environment: 'production', host: 'here' };
const slot = { target, slot: 'green' } as const;
const stopGreen: Work = { do: 'scale', pool: { ...slot, role: 'web' }, revision: 'r', count: 0 };

const events: readonly Event[] = [
  {
    e: 'planned',
    v: 1,
    at: now,
    spec: {
      id: 'r-12',
      kind: 'deploy',
      target,
      settings: {
        strategy: 'blue-green',
        watch: { for: 0, errors: 0.01, p99: 1.5, minRequests: 50 },
        keep: 0,
        address: '127.0.0.1',
      },
      next: { slot: 'green', revision: 'r', releaseDigest: `sha256:${'9f3c2a1'.padEnd(64, '0')}` },
      front,
      by: 'ada@laptop',
    },
    plan: { id: 's1', name: 'provision', work: stopGreen, undo: [], within: 1, redo: 'safe' },
  },
  intended('k1', 'forward', now),
  { e: 'settled', at: now + 250, key: 'k1', outcome: { is: 'failed', why: 'web-1 exited', evidence: [] } },
  { e: 'turned-back', at: now + 251, why: 'provision failed', step: 's1' },
  intended('k2', 'undo', now + 300),
  { e: 'settled', at: now + 1500, key: 'k2', outcome: { is: 'ok', evidence: [] } },
  { e: 'ended', at: now + 1501, as: 'rejected' },
];

function intended(key: string, direction: 'forward' | 'undo', at: number): Event {
  const intent = {
    key,
    rollout: 'r-12',
    step: 's1',
    direction,
    work: stopGreen,
    within: 1,
    redo: 'safe',
  } as const;
  return { e: 'intended', at, intent };
}

function tell(progress: readonly Progress[]): string[] {
  let view = noSteps;
  return progress.flatMap((one) => {
    const [next, lines] = advance(view, one, plain);
    view = next;
    return lines;
  });
}

const told = events.map((event) => ({ event }));
const asLines = [
  'deploy shop@9f3c2a1 → production (blue-green, into green, r-12)',
  '  ✗ provision   250 ms   web-1 exited',
  '  ↩ putting it back: provision failed',
  '  ✓ provision, put back: stop green   1.2 s',
];

test('a rollout is told step by step', () => {
  assert.deepEqual(tell(told), asLines);
});

test('a rollout that is told again from its first event is not printed twice', () => {
  assert.deepEqual(tell([...told, ...told]), asLines);
});

test('a rollout that another agent carries on says with what it goes on, at which gate it waits, or why it goes back', () => {
  const resumed = { e: 'resumed', at: now, found: [], goes: 'on' } as const;
  const says = (change: Partial<Extract<Event, { e: 'resumed' }>>): string[] =>
    tell([{ event: { ...resumed, ...change } }]);
  const again = '  ↻ the agent was started again; it ';
  assert.deepEqual(says({}), [`${again}went on`]);
  assert.deepEqual(says({ found: ['flip'] }), [`${again}went on with flip`]);
  assert.deepEqual(says({ waits: ['approve'] }), [`${again}still waited for an answer at approve`]);
  assert.deepEqual(says({ found: ['reach'], waits: ['approve'] }), [
    `${again}went on with reach, and still waited for an answer at approve`,
  ]);
  assert.deepEqual(says({ found: ['flip'], goes: 'back', why: 'aborted by ada' }), [
    `${again}went on putting it back with flip: aborted by ada`,
  ]);
});

test('status and show say at which gate a rollout waits, and what happens when nobody answers', () => {
  const { ending: _, endedAt: __, verdict: ___, ...running } = go;
  const waiting = { step: 'approve', until: now + 8 * minute, otherwise: 'abort' } as const;
  const rollout = { ...running, steps: [], waiting };
  const line = '? it waits at approve for gonogo approve production, and goes back by itself in 8 minutes';
  assert.equal(statusLines([{ ...status, slots: [], rollout }], now, plain).at(-1), `    ${line}`);
  assert.deepEqual(showLines({ ...rollout, flips: [] }, now, plain).slice(0, 3), [
    'shop@9f3c2a1 → production   running',
    line,
    'deploy, blue-green, revision 9f3c2a1.aaaaaaaa, started 14 minutes ago, r-12',
  ]);
});

test('show says who answered, and when another agent carried it on', () => {
  const events = [
    { e: 'resumed', at: now, found: [], waits: ['approve'], goes: 'on' },
    { e: 'answered', at: now, by: 'ada@laptop', what: 'abort' },
  ] as const;
  const lines = showLines({ ...go, verdict: 'NO-GO', ending: 'aborted', flips: [], events }, now, plain);
  const time = new Date(now).toISOString().slice(11, 19);
  assert.deepEqual(lines.slice(2, 4), [
    `${time} the agent was started again; it still waited for an answer at approve`,
    `${time} ada@laptop asked to abort it`,
  ]);
});

test('status and show say why a rollout that runs goes back', () => {
  const { ending: _, endedAt: __, verdict: ___, ...running } = go;
  const rollout = { ...running, steps: [], why: 'aborted by ada@laptop' };
  const line = '↩ it goes back: aborted by ada@laptop';
  assert.equal(statusLines([{ ...status, slots: [], rollout }], now, plain).at(-1), `    ${line}`);
  assert.equal(showLines({ ...rollout, flips: [] }, now, plain)[1], line);
});

test('while a step runs its line shows how long it has taken', () => {
  const [view] = told
    .slice(0, 2)
    .reduce((seen, one) => advance(seen[0], one, plain), [noSteps, [] as string[]]);
  assert.equal(liveLine(view, now + 4200, plain), '  … provision   4.2 s');
  assert.equal(liveLine(noSteps, now, plain), undefined);
});

test('the preflight is told as a checklist', () => {
  assert.deepEqual(tell([{ check: check('pass'), step: 'preflight' }]), [
    '    ✓ status endpoint   200 in 20 ms',
  ]);
});

test('of the checks only those that did not simply pass get a line', () => {
  const lines = tell([
    { check: check('pass'), step: 's1' },
    { check: check('pass', { flaky: true, attempts: 3 }), step: 's1' },
    { check: check('unknown', { saw: 'no answer' }), step: 's1' },
  ]);
  assert.deepEqual(lines, [
    '    ! status endpoint   200 in 20 ms (only at attempt 3)',
    '    ✗ status endpoint   no answer',
  ]);
});

const instance = { id: 'web-1', address: front, state: 'running', pid: 7, since: now - 14 * minute } as const;
const blue: SlotStatus = {
  slot: 'blue',
  revision: 'b',
  release: 'shop@41bd07e',
  role: 'warm',
  pool: 'web',
  until: now + 8 * minute,
  instances: [instance],
  restarts: 0,
};
const status: EnvironmentStatus = {
  project: 'shop-1',
  service: 'shop',
  environment: 'production',
  front,
  split: { green: 100 },
  slots: [
    { ...blue, slot: 'green', revision: 'g', release: 'shop@9f3c2a1', role: 'live', restarts: 2 },
    blue,
  ],
  proven: 'g',
};

test('status shows the front, a line a slot, and the rollout that runs', () => {
  const { ending: _, endedAt: __, verdict: ___, ...running } = go;
  const rollout = { ...running, steps: [{ id: 'flip', name: 'flip', state: 'running' }] } as const;
  const lease = { owner: 'agent (pid 7, started 12, boot 3)', age: 12_300, renewed: 2_000 };
  assert.deepEqual(statusLines([{ ...status, rollout, lease }], now, plain), [
    'shop production   http://127.0.0.1:8080   traffic to green',
    '  ● green   shop@9f3c2a1   live                 1 running, since 14 minutes ago   2 restarts   proven',
    '  ○ blue    shop@41bd07e   warm for 8 minutes   1 running, since 14 minutes ago',
    '  … deploy of shop@9f3c2a1 runs: flip, started 14 minutes ago (r-12)',
    '    held by agent (pid 7) for 12.3 s, renewed 2 seconds ago',
  ]);
  assert.deepEqual(statusLines([], now, plain), [
    'nothing is deployed yet; start with: gonogo deploy ENVIRONMENT',
  ]);
});

test('status marks the slots that users are in, also while the release there is not live yet', () => {
  const [green] = status.slots;
  assert.ok(green);
  const slots = [
    { ...blue, role: 'next' as const },
    { ...green, restarts: 0 },
  ];
  const lines = (split: EnvironmentStatus['split']): (string | undefined)[] =>
    statusLines([{ ...status, slots, split }], now, plain).map((line) => line.split('   ')[0]?.trim());
  assert.deepEqual(lines({ blue: 100 }).slice(1), ['● blue', '○ green']);
  assert.deepEqual(lines('by-instances').slice(1), ['● blue', '● green']);
  const [title] = statusLines([{ ...status, slots, split: 'by-instances' }], now, plain);
  assert.match(title ?? '', /traffic to all instances$/);
});

test('lists name the revision where one release stands in them with several sets of variables', () => {
  const other = { ...blue, release: 'shop@9f3c2a1' };
  const lines = statusLines([{ ...status, slots: [...status.slots.slice(0, 1), other] }], now, plain);
  assert.match(lines.join('\n'), /green +shop@9f3c2a1 \(g\) +live.*blue +shop@9f3c2a1 \(b\) +warm/s);
  const history = historyLines([go, { ...go, revision: '9f3c2a1.bbbbbbbb' }], now, plain);
  assert.match(history.join('\n'), /\(9f3c2a1\.aaaaaaaa\).*\(9f3c2a1\.bbbbbbbb\)/s);
});

test('status shows the range of what follows its load, what that load is, and why there are no more', () => {
  const scaling = { min: 2, max: 8, by: 'cpu', target: 0.7, count: 2, load: 0.964 } as const;
  const limit = '1 more instances may take 900 MB of memory, and 200 MB are free';
  const live = { ...blue, slot: 'green', role: 'live', instances: [instance, instance] } as const;
  const slots = [
    { ...live, scaling: { ...scaling, limit } },
    { ...live, pool: 'mailer', scaling: { ...scaling, by: 'in_flight', target: 20, load: 7.35 } },
  ] as const;
  assert.deepEqual(statusLines([{ ...status, slots }], now, plain).slice(1), [
    '  ● green          shop@41bd07e   live   2 running of 2–8 (cpu 96 % of 70 %), since 14 minutes ago',
    '  ● green mailer   shop@41bd07e   live   2 running of 2–8 (7.3 of 20 requests in flight), since 14 minutes ago',
    `    ! green web would be larger: ${limit}`,
  ]);
});

test('status shows who is not ready, who waits to be started again, and a slot that serves all the same', () => {
  const ending = { how: 'was ended by SIGSEGV', times: 3, again: now + 19_000 };
  const troubled: SlotStatus = {
    ...blue,
    role: 'live',
    restarts: 2,
    instances: [
      { ...instance, condition: 'unready' },
      { ...instance, id: 'web-2', condition: 'ready' },
      { ...instance, id: 'web-3', state: 'ended', condition: 'ended', ending },
    ],
    failsOpen: 'health.all_unready says so',
  };
  assert.deepEqual(statusLines([{ ...status, split: { blue: 100 }, slots: [troubled] }], now, plain), [
    'shop production   http://127.0.0.1:8080   traffic to blue',
    '  ● blue   shop@41bd07e   live   2 running (1 ready), 1 ended, since 14 minutes ago   2 restarts',
    '    ! serves though nobody is ready: health.all_unready says so',
    '    ! web-1 is not ready',
    '    ✗ web-3 was ended by SIGSEGV, 3 times in a row; it is started again in 19 seconds',
  ]);
});

test('history is a line a rollout', () => {
  assert.deepEqual(historyLines([go, { ...noGo, failedStep: 'verify' }], now, plain), [
    'GO      shop@9f3c2a1   deploy   succeeded            14 minutes ago   3.2 s   r-12',
    'NO-GO   shop@9f3c2a1   deploy   rejected at verify   14 minutes ago   3.2 s   r-12',
  ]);
});

test('show prints the verdict, the steps, and the evidence of each: when, from where, what was seen', () => {
  const failing = check('fail', { name: 'database', subject: '127.0.0.1:5432', saw: 'refused', attempts: 3 });
  const evidence = [
    { ref: 'e1', step: 'verify', at: now, checks: [check('pass'), failing] },
    { ref: 'e2', step: 'verify', at: now, facts: { requests: 120, ms: 5.613087 } },
    { ref: 'e5', step: 'verify', at: now, from: 'this host', facts: { memory: '512 MB are free' } },
    { ref: 'e3', step: 'verify', at: now, undo: 'stop green', log: ['listening on 3000'] },
    { ref: 'e4', step: 'retire', at: now, log: [] },
  ];
  const time = new Date(now).toISOString().slice(11, 19);
  assert.deepEqual(showLines({ ...go, evidence }, now, plain), [
    'GO  shop@9f3c2a1 → production   live on http://127.0.0.1:8080, 3.2 s',
    'deploy, blue-green, revision 9f3c2a1.aaaaaaaa, started 14 minutes ago, r-12',
    'flip acknowledged in 1 ms',
    '',
    '✓ preflight   12 ms',
    '✗ verify   3.0 s   1 of 2 checks failed',
    `    ${time} checks, asked from green`,
    '      ✓ status endpoint             20 ms   200 in 20 ms',
    '      ✗ database (127.0.0.1:5432)   20 ms   refused, at attempt 3',
    `    ${time} measured`,
    '      requests   120',
    '      ms         5.61',
    `    ${time} measured, on this host`,
    '      memory   512 MB are free',
    `    ${time} last output, 1 line, put back: stop green`,
    '      | listening on 3000',
    '· flip',
    'later, when the old release was stopped',
    `    ${time} no output`,
  ]);
});

test('agent status is a line a process', () => {
  const agent = { pid: 12, version: '0.1.0', rss: 81_200_000, root: '/state' };
  const proxies = [{ pid: 345, rss: 62_000_000, listen: ['127.0.0.1:8080'] }];
  assert.deepEqual(processLines({ agent, proxies, instances: 1 }), [
    'agent   pid 12    81.2 MB   0.1.0, state in /state',
    'proxy   pid 345   62.0 MB   127.0.0.1:8080',
    '1 instance',
  ]);
});

test('durations, ages and sizes are told in the unit that fits', () => {
  const durations = [0.42, 12.3, 999.4, 999.6, 3204, 59_960, 125_000, 3_780_000];
  assert.deepEqual(durations.map(duration), [
    '0.4 ms',
    '12 ms',
    '999 ms',
    '1.0 s',
    '3.2 s',
    '1 min',
    '2 min 5 s',
    '1 h 3 min',
  ]);
  const ages = [0, 1000, 59_000, minute, 14 * minute, 26 * 60 * minute];
  assert.deepEqual(
    ages.map((age) => ago(now - age, now)),
    ['just now', '1 second ago', '59 seconds ago', '1 minute ago', '14 minutes ago', '1 day ago'],
  );
  assert.deepEqual([until(now + 8 * minute, now), until(now - 5, now)], ['8 minutes', 'a moment']);
  assert.deepEqual([812, 3400, 3_400_000].map(bytes), ['812 B', '3.4 kB', '3.4 MB']);
});

test('colours are for a terminal that wants them, and count for nothing in columns', () => {
  const colour = paletteFor({ isTTY: true }, { TERM: 'xterm' });
  assert.notEqual(colour.red('x'), 'x');
  for (const [stream, env] of [
    [{ isTTY: true }, { NO_COLOR: '1' }],
    [{ isTTY: true }, { TERM: 'dumb' }],
    [{}, {}],
  ] as const) {
    assert.equal(paletteFor(stream, env).red('x'), 'x');
  }
  assert.deepEqual(
    columns([
      [colour.red('a'), 'b'],
      ['aaa', 'b'],
    ]).at(0),
    `${colour.red('a')}     b`,
  );
});
