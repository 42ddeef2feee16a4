import { Worker } from 'node:worker_threads';
import { problem } from '../../errors.ts';
import { entryPath } from '../../system/entries.ts';
import type { TrafficCounts } from './summary.ts';
import type { UsersOptions } from './users.ts';

export type FromWorker = { readonly counts: TrafficCounts } | { readonly final: TrafficCounts };

/** Users of the demo, who run in a thread of their own. */
export type Traffic = {
  /** What was counted a moment ago. */
  counts(): TrafficCounts;
  /** Calls back a few times a second. */
  onCounts(listener: (counts: TrafficCounts) => void): void;
  /** Lets the last answers come, and counts everything. Fails with INTERNAL when the thread died. */
  stop(): Promise<TrafficCounts>;
};

const none: TrafficCounts = {
  requests: 0,
  failed: 0,
  fromBadRelease: 0,
  byVersion: {},
  losses: {},
  seconds: 0,
};

export function startTraffic(options: UsersOptions): Traffic {
  const worker = new Worker(entryPath('demo-traffic'), { workerData: options });
  const listeners = new Set<(counts: TrafficCounts) => void>();
  const ended = Promise.withResolvers<TrafficCounts>();
  let latest = none;
  worker.on('message', (message: FromWorker) => {
    latest = 'final' in message ? message.final : message.counts;
    for (const listener of listeners) listener(latest);
    if ('final' in message) ended.resolve(message.final);
  });
  worker.on('error', (error) =>
    ended.reject(problem('INTERNAL', { what: 'the users of the demo died' }, error)),
  );
  worker.on('exit', (code) =>
    ended.reject(problem('INTERNAL', { what: `the users of the demo ended with ${code}` })),
  );
  ended.promise.catch(() => undefined); // Told by `stop`, which everybody calls.
  return {
    counts: () => latest,
    onCounts: (listener) => void listeners.add(listener),
    stop: () => {
      worker.postMessage('stop');
      return ended.promise;
    },
  };
}
