import { randomBytes } from 'node:crypto';
import { type Assembly, assemble, type Stores } from '../assemble.ts';
import { messageOf } from '../errors.ts';
import { systemClock } from '../system/clock.ts';
import { removeUnusedCopies } from '../system/code-copy.ts';
import type { Logger } from '../system/log.ts';
import { ownerText } from '../system/owner.ts';
import { identify } from '../system/process.ts';
import type { StateFolder } from '../system/state.ts';
import { Environments } from './environments.ts';
import { ensureKeeper, type KeeperLink } from './keeper.ts';
import { processes } from './processes.ts';
import { releaseOperations } from './releases.ts';
import { openRetention, type Retention } from './retention.ts';
import { brokenBy, rolloutOperations, runningRollouts } from './rollouts.ts';
import { stopEverything } from './stop.ts';

/** Everything the agent does, open: what was under way is carried on already. */
export type Rollouts = Awaited<ReturnType<typeof openRollouts>>;

/** What is there before the agent is put together; its stores are being opened. */
type Begun = { readonly log: Logger; readonly opening: Promise<Stores> };

/** Puts the agent together on a state folder whose lock is held, and recovers. */
export async function openRollouts(state: StateFolder, { log, opening }: Begun) {
  const keeper = await ensureKeeper(state.root);
  const bare = await put(state, { log, keeper, opening });
  const assembly: Assembly = { ...bare, openEngine: tidyingEngine(bare, () => retention) };
  const environments = new Environments(assembly, log);
  const retention = openRetention(assembly, environments, log);
  await environments.recover();
  await retention.removeOrphans();
  void retention.prune();
  void tidyCode(state.root, log);
  return {
    operations: {
      ...rolloutOperations(assembly, environments, retention),
      ...releaseOperations(assembly, environments, retention),
      processes: () => processes(state.root, keeper),
    },
    running: () => runningRollouts(environments),
    broken: () => brokenBy(environments),
    stopEverything: async () => {
      const stopped = await stopEverything(assembly, environments);
      await keeper.call('stop', undefined);
      return stopped;
    },
    close: async () => {
      await environments.close();
      await assembly.close();
      keeper.close();
    },
  };
}

async function tidyCode(root: string, log: Logger): Promise<void> {
  await removeUnusedCopies(root).catch((error: unknown) =>
    log.error('old copies of the code could not be removed', { why: messageOf(error) }),
  );
}

/** Every rollout that ends leaves something that is not needed any more. */
const tidyingEngine =
  ({ openEngine }: Assembly, retention: () => Retention): Assembly['openEngine'] =>
  (stream, hooks) =>
    openEngine(stream, {
      ...hooks,
      onEvents: (events, state) => {
        hooks.onEvents(events, state);
        if (!events.some(({ e }) => e === 'ended')) return;
        if (state.rollout) retention().letGo(state.rollout.spec.next.releaseDigest);
        void retention().prune();
      },
    });

async function put(
  state: StateFolder,
  { log, keeper, opening }: Begun & { readonly keeper: KeeperLink },
): Promise<Assembly> {
  const identity = identify(process.pid);
  const owner = identity ? ownerText('agent', identity) : `agent (pid ${process.pid})`;
  return await assemble({
    state,
    keeper,
    opening,
    clock: systemClock,
    log,
    owner,
    newId: () => randomBytes(6).toString('hex'),
    random: Math.random,
    onError: (error) => log.error('something failed in the background', { why: messageOf(error) }),
  });
}
