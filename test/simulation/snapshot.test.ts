import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Event } from '../../packages/gonogo/src/domain/event.ts';
import { evolve } from '../../packages/gonogo/src/domain/evolve.ts';
import { freeze, thaw } from '../../packages/gonogo/src/domain/snapshot.ts';
import { emptyState, type State } from '../../packages/gonogo/src/domain/state.ts';
import { type Ask, drive } from '../../packages/gonogo/src/engine/drive.ts';
import { simulate } from './simulate.ts';

/** The journal of a simulated life: the real engine's, with faults and crashes. */
function journalOf(seed: number): readonly Event[] {
  let journal: readonly Event[] = [];
  simulate(seed, {
    drive: (history, now) => {
      journal = history; // The simulation appends to this very list.
      return drive(history, now);
    },
  });
  return journal;
}

/** A life, and a moment in it. */
const moment = fc
  .record({ seed: fc.nat(1_000_000), at: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ seed, at }) => {
    const journal = journalOf(seed);
    return { journal, cut: Math.round(at * journal.length) };
  });

function snapshotOf(events: readonly Event[]): State {
  const thawed = thaw(freeze(events.reduce(evolve, emptyState)));
  if (!thawed) throw new TypeError('what was frozen thaws');
  return thawed;
}

/** What an engine asks for when it opens, until it waits. */
function opening(loop: ReturnType<typeof drive>): Ask[] {
  const asked: Ask[] = [];
  for (let step = loop.next(); ; step = loop.next()) {
    asked.push(step.value);
    if (step.value.ask === 'next') return asked;
  }
}

const now = (): number => 2_000_000;

test('folding from a snapshot of any moment ends where folding everything does', () => {
  fc.assert(
    fc.property(moment, ({ journal, cut }) => {
      const folded = journal.slice(cut).reduce(evolve, snapshotOf(journal.slice(0, cut)));
      // As text, because the order of a map matters and deepEqual does not see it.
      assert.equal(freeze(folded), freeze(journal.reduce(evolve, emptyState)));
    }),
    { numRuns: 300 },
  );
});

test('an engine that opens from a snapshot does what one does that reads everything', () => {
  fc.assert(
    fc.property(moment, fc.nat(20), ({ journal, cut }, later) => {
      const history = journal.slice(0, cut + later);
      const fromSnapshot = drive(history.slice(cut), now, snapshotOf(history.slice(0, cut)));
      assert.deepEqual(opening(fromSnapshot), opening(drive(history, now)));
    }),
    { numRuns: 300 },
  );
});
