import { resolve } from 'node:path';
import { loadServer } from '../api/server.ts';
import { loadStores } from '../drivers.ts';
import { systemClock } from '../system/clock.ts';
import { defaultStateRoot } from '../system/state.ts';
import { runAgent } from './run.ts';

// `agent [STATE FOLDER]`: started detached by the first command that needs it, or in the foreground by `agent run`.
process.umask(0o077);
const [, , folder] = process.argv;
if (folder?.startsWith('-')) {
  process.stderr.write(`the agent takes a state folder, not ${folder}; see gonogo agent --help\n`);
  process.exit(2);
}
const root = resolve(folder ?? defaultStateRoot(process.env));
const code = await runAgent(root, async (state, log) => {
  const openStores = await loadStores.sqlite();
  // Its thread opens the databases while the rest is loaded here.
  const opening = openStores(state, systemClock);
  opening.catch(() => undefined); // Whoever waits for them is told.
  const [{ openRollouts }] = await Promise.all([import('./open.ts'), loadServer()]);
  return await openRollouts(state, { log, opening });
});
// Everything is closed by now; whatever still holds the event loop must not keep half an agent alive.
process.exit(code);
