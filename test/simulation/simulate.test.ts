import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Plan, Step } from '../../packages/gonogo/src/domain/plan.ts';
import { drive } from '../../packages/gonogo/src/engine/drive.ts';
import { type Subject, simulate } from './simulate.ts';
import { type Asked, wishFor } from './wish.ts';

const seeds = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** The invariants that some seed breaks. */
const broken = (planted: Partial<Subject>, runs = 300): Set<string> =>
  new Set(seeds(runs).flatMap((seed) => simulate(seed, planted).violation?.invariant ?? []));

/** Plans with the real strategies, and then lets a mistake into the plan's steps. */
const mistaken =
  (mistake: (steps: Plan[], asked: Asked) => Plan[]): Subject['plan'] =>
  (asked) => {
    const { spec, plan } = wishFor(asked);
    return { spec, plan: 'seq' in plan ? { seq: mistake([...plan.seq], asked) } : plan };
  };

const isStep = (plan: Plan, kind: string): plan is Step => 'work' in plan && plan.work.do === kind;

describe('the simulation', () => {
  test('finds nothing wrong with the engine in a thousand lives', () => {
    const violations = seeds(1000).flatMap((seed) => simulate(seed).violation ?? []);
    assert.deepEqual(violations, []);
  });

  test('is the same for the same seed', () => {
    assert.deepEqual(simulate(42), simulate(42));
  });

  test('meets every kind of ending, crashes and faults', () => {
    const reports = seeds(200).map((seed) => simulate(seed));
    const endings = new Set(reports.flatMap((report) => report.endings));
    assert.deepEqual([...endings].sort(), ['aborted', 'rejected', 'rolled-back', 'stuck', 'succeeded']);
    assert.ok(reports.some((report) => report.crashes > 0 && report.faults > 0));
  });

  test('finds an engine that acts before it has journalled', () => {
    const found = broken({ drive: actsFirst });
    assert.ok(found.has('nothing is done that is not journalled'), [...found].join(', '));
  });

  test('finds a plan that retires the old slot before the watch is over', () => {
    const retiresEarly = mistaken((steps, { state }) => {
      const provision = steps.find((one): one is Step => isStep(one, 'scale'));
      if (!state.live || provision?.work.do !== 'scale') return steps;
      const { slot, revision } = state.live;
      const work = { ...provision.work, pool: { ...provision.work.pool, slot }, revision, count: 0 };
      const retire: Step = { ...provision, id: 'retire', work, undo: [] };
      return steps.flatMap((one): Plan[] => (isStep(one, 'watch') ? [retire, one] : [one]));
    });
    assert.ok(broken({ plan: retiresEarly }).has('what serves before is up while the watch runs'));
  });

  test('finds a flip that is not undone', () => {
    const found = broken({
      plan: mistaken((steps) => steps.map((one) => (isStep(one, 'flip') ? { ...one, undo: [] } : one))),
    });
    assert.ok(found.has('nobody is sent to a slot with nothing in it'), [...found].join(', '));
  });

  test('lets nothing go live without its readiness step', () => {
    const plan = mistaken((steps) => steps.filter((one) => !isStep(one, 'ready')));
    const endings = seeds(50).flatMap((seed) => simulate(seed, { plan }).endings);
    assert.ok(endings.length > 50 && !endings.includes('succeeded'), endings.join(', '));
  });
});

/** The engine with its two most important lines the wrong way round. */
function* actsFirst(...args: Parameters<typeof drive>): ReturnType<typeof drive> {
  const loop = drive(...args);
  let step = loop.next();
  for (;;) {
    const ask = step.value;
    if (ask.ask === 'append') {
      for (const event of ask.events) {
        if (event.e === 'intended') yield { ask: 'begin', intent: event.intent, first: 'perform' };
      }
    }
    step = loop.next(yield ask);
  }
}
