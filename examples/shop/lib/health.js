import { log } from './log.js';

const period = 1_000;
const expires = 5_000;

/**
 * Asks the database in the background and answers probes from memory, so that a flood of probes never becomes a flood
 * of queries. An answer that is too old no longer counts. Liveness asks nobody: a restart does not mend a database.
 */
export function watchHealth(database) {
  const state = { goodAt: undefined, everGood: false, stopping: false };
  const timer = setInterval(look, period).unref();
  let looking = false;
  look();

  async function look() {
    if (looking) return;
    looking = true;
    try {
      await database.ping();
      state.goodAt = performance.now();
      state.everGood = true;
    } catch (error) {
      log('warn', `the database does not answer: ${error.message}`);
      state.goodAt = undefined;
    } finally {
      looking = false;
    }
  }

  const databaseOk = () => state.goodAt !== undefined && performance.now() - state.goodAt < expires;
  const says = (ok, facts) => ({ status: ok ? 200 : 503, body: { status: ok ? 'pass' : 'fail', ...facts } });

  return {
    live: () => says(true),
    started: () => says(state.everGood),
    ready: () => says(databaseOk() && !state.stopping, { database: databaseOk(), stopping: state.stopping }),
    stopping: () => state.stopping,
    /** From now on not ready, though alive and still serving. */
    stop: () => {
      state.stopping = true;
    },
    close: () => clearInterval(timer),
  };
}
