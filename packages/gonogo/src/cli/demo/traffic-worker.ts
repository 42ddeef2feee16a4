import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker } from './traffic.ts';
import { startUsers, type UsersOptions } from './users.ts';

// The demo's users, in a thread of their own so that nothing the demo does slows them down.
const users = startUsers(workerData as UsersOptions);
const tell = (message: FromWorker): void => parentPort?.postMessage(message);
const timer = setInterval(() => tell({ counts: users.counts() }), 250);

parentPort?.once('message', async () => {
  clearInterval(timer);
  tell({ final: await users.stop() });
  parentPort?.close();
});
