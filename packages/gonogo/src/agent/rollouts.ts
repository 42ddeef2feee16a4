import type { Api, StreamingApi } from '../api/contract.ts';
import type { Assembly } from '../assemble.ts';
import { isRunning, isStuck, type State } from '../domain/state.ts';
import { streamOf } from '../domain/target.ts';
import { problem } from '../errors.ts';
import { admit, refuseUnproven } from './admit.ts';
import type { Environment } from './environment.ts';
import type { Environments } from './environments.ts';
import { planIdOf } from './plan-id.ts';
import type { Retention } from './retention.ts';
import { follow, logs } from './streams.ts';
import { rolloutDetail } from './views/detail.ts';
import { planView } from './views/plan.ts';
import { environmentStatus } from './views/status.ts';
import { summariesOf } from './views/summary.ts';
import { targetOf, wishFor, wishToDeploy, wishToRollBack } from './wish.ts';

type Operations = Pick<
  Api,
  'deploy' | 'plan' | 'rollback' | 'approve' | 'abort' | 'status' | 'history' | 'rollout'
> &
  StreamingApi;

/** The operations of the API that are about rollouts. */
export const rolloutOperations = (
  assembly: Assembly,
  environments: Environments,
  retention: Retention,
): Operations => ({
  async deploy(input, gone) {
    const environment = await environments.of(targetOf(input));
    environment.refuseWhileRunning();
    retention.hold(input.release.digest);
    await admit(assembly, environments, input);
    const wish = await wishToDeploy(assembly, environment.state, input);
    return { rollout: await environment.start(wish, { planId: input.planId, gone }) };
  },
  async plan(input) {
    const environment = await environments.of(targetOf(input));
    await refuseUnproven(environments, input);
    await environment.serving;
    const planned = await assembly.plan(environment.state, await wishFor(assembly, environment.state, input));
    return planView(planned, await planIdOf(assembly, planned));
  },
  async rollback(input, gone) {
    const environment = await known(environments, input.project, input.environment);
    const waits = environment.waits;
    if (!waits) environment.refuseWhileRunning();
    // Users have met what waits: the way back from that is to what served before it.
    if (waits === 'with users' && environment.state.live && input.to === undefined)
      return { rollout: await environment.leaveGate(input.by), left: true };
    // Chosen first: a rollback that can go nowhere leaves everything as it is.
    const wish = await wishToRollBack(assembly, environment.state, input);
    const stays = isLive(environment.state, wish.revision.id);
    if (waits && stays) return { rollout: await environment.leaveGate(input.by), left: true };
    if (stays) throw problem('ALREADY_LIVE', { revision: wish.revision.id, environment: input.environment });
    if (waits) await environment.leaveGate(input.by);
    return { rollout: await environment.start(wish, { gone }) };
  },
  async approve(input) {
    const environment = await known(environments, input.project, input.environment);
    return { rollout: await environment.approve(input.by, input.environment) };
  },
  async abort(input) {
    const environment = await known(environments, input.project, input.environment);
    return { rollout: await environment.abort(input.by, input.environment) };
  },
  async status({ project, environment }) {
    const asked = (await environments.deployed())
      .filter(({ target }) => project === undefined || target.project === project)
      .filter(({ target }) => environment === undefined || target.environment === environment);
    return await Promise.all(asked.map((deployed) => environmentStatus(assembly, deployed)));
  },
  async history({ project, environment, limit }) {
    const { target } = await known(environments, project, environment);
    if (!target) return [];
    return summariesOf(await assembly.stores.journal.plannedAndEnded(streamOf(target), limit));
  },
  rollout: async ({ id }) => await rolloutDetail(assembly, id, assembly.clock.wall()),
  hasArtifact: async (digest) => await assembly.artifacts.has(digest),
  lackingContents: async (digest, index) => await assembly.artifacts.lacking(digest, index),
  putArtifact: async (digest, bytes) => await assembly.artifacts.put(digest, bytes),
  hasImage: (id) => assembly.images.has(id),
  putImage: (id, bytes) => assembly.images.put(id, bytes),
  follow: (rollout, signal) => follow(assembly, environments, { rollout, signal }),
  logs: (input, signal) => logs(assembly, environments, { input, signal }),
});

/** Where a rollout got stuck users may be elsewhere, and then there is a way back to what is live. */
const isLive = (state: State, revision: string): boolean =>
  !isStuck(state) && state.live?.revision === revision;

/** How many rollouts run now. */
export const runningRollouts = async (environments: Environments): Promise<number> =>
  (await environments.all()).filter(({ state }) => isRunning(state)).length;

/** Why an environment cannot be acted on by this agent any more, if one cannot. */
export const brokenBy = async (environments: Environments): Promise<string | undefined> =>
  (await environments.all()).find(({ broken }) => broken !== undefined)?.broken;

async function known(environments: Environments, project: string, environment: string): Promise<Environment> {
  const found = await environments.named(project, environment);
  if (!found) throw problem('NOT_DEPLOYED', { environment });
  return found;
}
