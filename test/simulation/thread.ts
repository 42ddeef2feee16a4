import { parentPort, workerData } from 'node:worker_threads';
import { runSome, type Seeds } from './some.ts';

/** A thread of `many.ts`. */
parentPort?.postMessage(runSome(workerData as Seeds));
