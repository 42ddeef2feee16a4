import { join } from 'node:path';

/**
 * Options of a run: a file's process ends when its tests have, since one that failed may leave open what would hold it for
 * ever. It would not wait for its pipe either, so that it writes nothing that is not taken at once.
 */
export const endsWithItsTests = {
  forceExit: true,
  execArgv: ['--import', join(import.meta.dirname, 'blocking-output.ts')],
} as const;
