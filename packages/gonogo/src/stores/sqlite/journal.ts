import type { Event, RolloutSpec } from '../../domain/event.ts';
import type { Journal, ListedSpec, Milestone, RolloutIndex } from '../../ports/journal.ts';
import { version } from '../../system/version.ts';
import type { StoredEvent } from './calls.ts';
import type { Thread } from './thread.ts';

/** The journal in SQLite: `append` is one transaction with `synchronous=FULL`, durable when it resolves. */
export const sqliteJournal = (thread: Thread): Journal & RolloutIndex => ({
  // biome-ignore lint/complexity/useMaxParams: the port's own signature, DESIGN's.
  append: (stream, after, fence, events) =>
    thread.call('append', { stream, after, fence, events: events.map(storedEvent) }),
  read: async (stream, from = 0) => JSON.parse(await thread.call('read', { stream, from })) as Event[],
  streams: () => thread.call('streams', {}),
  rolloutEvents: async (id) => JSON.parse(await thread.call('rolloutEvents', { id })) as Event[],
  plannedAndEnded: async (stream, limit) =>
    JSON.parse(await thread.call('milestones', { stream, limit })) as Milestone[],
  snapshot: async (stream, version) => {
    const found = await thread.call('snapshot', { stream, version: ours(version) });
    return found && { ...found, version };
  },
  keepSnapshot: (stream, { version, ...snapshot }) =>
    thread.call('keepSnapshot', { stream, version: ours(version), ...snapshot }),
});

/** Another build may fold the same events into something else, so its snapshots are not ours. */
const ours = (form: number): string => `${version()}/${form}`;

function storedEvent(event: Event): StoredEvent {
  const json = JSON.stringify(event);
  if (event.e === 'planned') {
    const milestone: Milestone = { e: event.e, at: event.at, spec: listed(event.spec) };
    return { e: event.e, json, begins: event.spec.id, milestone: JSON.stringify(milestone) };
  }
  const isMilestone = event.e === 'turned-back' || event.e === 'ended';
  return { e: event.e, json, ...(isMilestone ? { milestone: json } : {}) };
}

const listed = ({ id, kind, target, settings, next, previous }: RolloutSpec): ListedSpec => ({
  id,
  kind,
  target: { service: target.service, environment: target.environment },
  settings: { strategy: settings.strategy },
  next: { revision: next.revision, releaseDigest: next.releaseDigest },
  ...(previous ? { previous: { releaseDigest: previous.releaseDigest } } : {}),
});
