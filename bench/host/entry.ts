import { entryPath } from '../../packages/gonogo/src/system/entries.ts';
import { builtEntry } from '../built.ts';

/** How a program is run: from its TypeScript sources, or as the build makes it. */
export type Form = 'source' | 'built';

/** The agent's program; the built one must have been built. */
export const entryOf = (form: Form): string => (form === 'source' ? entryPath('agent') : builtEntry('agent'));
