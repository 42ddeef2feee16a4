import * as z from 'zod/mini';
import type { Migrate } from '../domain/release.ts';
import { command, doc, optional, parsed, section, withDefault } from './section.ts';
import { duration } from './units.ts';

const input = section({
  run: doc(
    z.clone(command),
    'Changes the database; runs once for each deploy, in the new release and its variables.',
  ),
  undo: optional(
    command,
    'Takes it back. Runs only when what serves stops working on the migrated database.',
  ),
  when: withDefault(
    z.enum(['before-start', 'after-ready']),
    'before-start',
    'before-start: before the first new instance starts. after-ready: when the new instances are ready.',
  ),
  repeatable: withDefault(
    z.boolean(),
    false,
    'Running it twice does no harm, so it is run again when nobody knows whether it ended.',
  ),
  timeout: withDefault(duration(), '10m', 'How long it may take.'),
});

/** `migrate:` — how a release changes the database that the old one still uses. */
export const migrate = parsed(
  input,
  ({ undo, ...rest }): Migrate => ({ ...rest, ...(undo ? { undo } : {}) }),
);
