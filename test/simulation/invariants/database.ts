import type { Invariant } from './invariant.ts';

/** The database that both slots share. */
export const database: readonly Invariant[] = [
  {
    name: 'a migration is applied once, unless it may be repeated',
    touched: ({ world }, touch) => {
      if (touch.what !== 'migrate' || touch.repeatable) return undefined;
      const revision = world.journal.state.rollout?.spec.next.revision ?? '';
      return world.database.migrated.has(revision)
        ? `${revision} has changed the database already`
        : undefined;
    },
  },
  {
    name: 'nobody is left with a database that could have been taken back',
    journalled: ({ world }, event) => {
      const { live, rollout } = world.journal.state;
      if (event.e !== 'ended' || event.as === 'stuck' || event.as === 'succeeded' || !live) return undefined;
      const by = world.database.broken.get(live.revision);
      if (by === undefined || by !== rollout?.spec.next.revision) return undefined;
      return world.releases.get(by)?.migration?.undo
        ? `${event.as}, and ${live.revision} does not work on the database that ${by} has migrated`
        : undefined;
    },
  },
  {
    name: 'never both wrong: no flip while the migration has broken what serves',
    touched: ({ world }, touch) => {
      if (touch.what !== 'shift' || touch.to === 'nobody' || touch.call.direction === 'undo')
        return undefined;
      const { live, rollout } = world.journal.state;
      const by = live && world.database.broken.get(live.revision);
      return by !== undefined && by === rollout?.spec.next.revision && !rollout.progress.has('close')
        ? `${live?.revision} does not work on the database that ${by} has migrated`
        : undefined;
    },
  },
];
