import type { EvidenceView, RolloutDetail } from '../../api/contract.ts';
import type { Assembly } from '../../assemble.ts';
import { describeWork } from '../../domain/describe.ts';
import type { Event, Intent } from '../../domain/event.ts';
import { evolve } from '../../domain/evolve.ts';
import { emptyState, type Rollout } from '../../domain/state.ts';
import { problem } from '../../errors.ts';
import { findingsOf } from './findings.ts';
import { summaryOf, waitingOf } from './summary.ts';

/** One rollout with all its evidence; fails with ROLLOUT_UNKNOWN. */
export async function rolloutDetail(assembly: Assembly, id: string, now: number): Promise<RolloutDetail> {
  const events = await assembly.stores.journal.rolloutEvents(id);
  const state = events.reduce(evolve, emptyState);
  const { rollout } = state;
  if (!rollout) throw problem('ROLLOUT_UNKNOWN', { rollout: id });
  const evidence = await evidenceOf(assembly, rollout, events);
  return {
    ...summaryOf(rollout),
    ...waitingOf(state),
    front: rollout.spec.front,
    flips: flipsOf(events),
    findings: findingsOf(rollout, evidence, now),
    evidence,
    events,
  };
}

/** Evidence by the step it belongs to, in the order in which the steps were settled. */
async function evidenceOf(
  assembly: Assembly,
  rollout: Rollout,
  events: readonly Event[],
): Promise<EvidenceView[]> {
  const intents = new Map<string, Intent>();
  const views: EvidenceView[] = [];
  for (const event of events) {
    if (event.e === 'intended') intents.set(event.intent.key, event.intent);
    if (event.e !== 'settled' || !event.key.startsWith(`${rollout.spec.id}/`)) continue;
    const intent = intents.get(event.key);
    if (!intent) continue;
    for (const ref of event.outcome.evidence) {
      const record = await assembly.stores.evidence.get(ref);
      if (record) views.push(viewOf(record, intent));
    }
  }
  return views;
}

type EvidenceRecord = NonNullable<Awaited<ReturnType<Assembly['stores']['evidence']['get']>>>;

function viewOf({ ref, at, evidence }: EvidenceRecord, { step, direction, work }: Intent): EvidenceView {
  const about = { ref, step, at, ...(direction === 'undo' ? { undo: describeWork(work) } : {}) };
  switch (evidence.of) {
    case 'checks':
      return { ...about, checks: evidence.results };
    case 'log':
      return { ...about, log: evidence.lines };
    case 'traffic':
      return { ...about, facts: evidence.facts };
    case 'facts': {
      const { facts, from } = evidence;
      return { ...about, facts, ...(from === undefined ? {} : { from }) };
    }
  }
}

/** How long each flip took to be acknowledged. */
const flipsOf = (events: readonly Event[]): { ms: number }[] =>
  events.flatMap((event) =>
    event.e === 'settled' && event.outcome.acknowledged !== undefined
      ? [{ ms: event.outcome.acknowledged }]
      : [],
  );
