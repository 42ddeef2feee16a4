import { Worker } from 'node:worker_threads';
import { messageOf, Problem, problem, remoteProblem } from '../../errors.ts';
import { entryPath } from '../../system/entries.ts';
import type { Answer, CallInput, CallName, CallResult, Request, SentProblem, WorkerPaths } from './calls.ts';

/** The worker thread as its callers see it. */
export type Thread = {
  call<K extends CallName>(name: K, input: CallInput<K>): Promise<CallResult<K>>;
  /** Writes what waits, closes the databases and ends the thread. */
  close(): Promise<void>;
};

/** Starts the thread and opens the databases; fails with STATE_UNUSABLE, STATE_NEWER or DISK_FULL. */
export async function startThread(paths: WorkerPaths): Promise<Thread> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const worker = new Worker(entryPath('sqlite-worker'), { workerData: paths, env: {}, execArgv: [] });
  const gone = Promise.withResolvers<void>();
  let ended: Problem | undefined;
  let next = 0;

  const end = (why: string, cause?: unknown): void => {
    ended ??= problem('STATE_UNUSABLE', { path: paths.journal, why }, cause);
    for (const call of waiting.values()) call.reject(ended);
    waiting.clear();
  };
  worker.on('message', (answer: Answer) => settle(waiting, answer));
  worker.on('error', (error) => end(`its thread failed: ${messageOf(error)}`, error));
  worker.on('exit', () => {
    end('it is closed');
    gone.resolve();
  });

  const expect = (): { id: number; promise: Promise<unknown> } => {
    const call = Promise.withResolvers<unknown>();
    waiting.set(next, call);
    return { id: next++, promise: call.promise };
  };
  const call = (name: CallName, input: unknown): Promise<unknown> => {
    if (ended) return Promise.reject(ended);
    const { id, promise } = expect();
    worker.postMessage({ id, do: name, with: input } satisfies Request);
    return promise;
  };

  await expect().promise; // Answer 0: the databases are open.
  return {
    call: call as Thread['call'],
    close: async () => {
      if (!ended) await call('close', {});
      await gone.promise;
    },
  };
}

function settle(waiting: Map<number, PromiseWithResolvers<unknown>>, answer: Answer): void {
  const call = waiting.get(answer.id);
  waiting.delete(answer.id);
  if ('problem' in answer) call?.reject(problemOf(answer.problem));
  else call?.resolve(answer.ok);
}

function problemOf({ cause, facts, ...told }: SentProblem): Problem {
  const { code, message, hint, exit } = remoteProblem(told);
  return new Problem(
    code,
    { message, hint, exit, facts },
    cause === undefined ? undefined : new Error(cause),
  );
}
