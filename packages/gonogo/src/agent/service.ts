import { type Api, protocol, type StreamingApi } from '../api/contract.ts';
import type { Rollouts } from './open.ts';

/** Which agent this is. */
export type Identity = { readonly root: string; readonly version: string };

/** Everything the API answers: the rollouts, and the agent itself. `end` is called when it is told to stop. */
export const agentService = (
  rollouts: Rollouts,
  identity: Identity,
  end: () => void,
): Api & StreamingApi => ({
  ...rollouts.operations,
  async hello() {
    const broken = await rollouts.broken();
    const hello = { protocol, ...identity, pid: process.pid, rollouts: await rollouts.running() };
    return broken === undefined ? hello : { ...hello, broken };
  },
  async stop({ all }) {
    const stopped = all ? await rollouts.stopEverything() : 0;
    setImmediate(end); // The answer goes out first.
    return { stopped };
  },
});
