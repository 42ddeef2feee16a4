import type { Step, Work } from '../domain/plan.ts';
import { check, type Migration, minute, slotOf, step, type World } from './world.ts';

/**
 * Changes the database when the release wants it, and then proves that what serves still works on it: both slots share
 * the database. If what serves suffers, the way back runs where there is one, and what serves is asked again. Any later
 * failure leaves the database as it is, because what serves is proven to work on it.
 */
export function migrate(world: World, when: Migration['when']): Step[] {
  const { migrate: migration } = world.next;
  if (migration?.when !== when) return [];
  const rest = { within: migration.within, redo: migration.repeatable ? 'safe' : 'never' } as const;
  if (!world.live) return [step('migrate', job(world, 'migrate'), rest)];
  const stillWorks = check(world, 'still-works', world.live);
  // After a migration that was aborted, or whose end nobody saw, the proof never comes: the way back asks for it.
  const run = step('migrate', job(world, 'migrate'), { ...rest, undo: [stillWorks] });
  const remedy = migration.undo ? [job(world, 'undo'), stillWorks] : [];
  const within = Math.max(migration.within, 30 * minute);
  return [run, step('still-works', stillWorks, { remedy, within })];
}

const job = (world: World, which: 'migrate' | 'undo'): Work => ({
  do: 'job',
  job: which,
  slot: slotOf(world, world.next.slot),
  revision: world.next.revision,
});
