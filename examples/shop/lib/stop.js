import { setTimeout as sleep } from 'node:timers/promises';
import { log } from './log.js';

const deadline = 15_000;

/**
 * A stop that costs no request: say "not ready" while still serving, wait until everybody has noticed, accept nothing
 * more, finish what is in flight, close the database, leave with 0.
 */
export function stopOnSignal({ server, shop }) {
  const stop = once(async (signal) => {
    log('info', `${signal}: stopping`);
    shop.health.stop();
    setTimeout(() => giveUp(), deadline).unref();
    await sleep(shop.settings.stopDelay);
    await new Promise((resolve) => server.close(resolve));
    shop.health.close();
    await shop.database.close();
    log('info', 'stopped');
    process.exit(0);
  });
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function giveUp() {
  log('error', `still busy after ${deadline} ms; what is left is cut off`);
  process.exit(1);
}

function once(run) {
  let begun = false;
  return (...args) => {
    if (begun) return;
    begun = true;
    run(...args);
  };
}
