import type { Client } from '../../api/client.ts';
import { findPlace, openAgent, type Place } from '../context.ts';
import type { Configured, Reporting } from '../options.ts';
import { goOnWhenOutputCloses } from '../output.ts';
import { builtLine, interruptibly, nameOf } from './building.ts';
import { detached } from './detached.ts';
import { tellPlan } from './plan.ts';
import { type Prepared, prepare, prepareKnown, startDeploy } from './prepare.ts';
import { runToVerdict } from './run.ts';
import { openScreen, type Screen } from './screen.ts';

export type RolloutOptions = Configured &
  Reporting & {
    readonly detach?: boolean;
    readonly plan?: boolean;
    readonly planId?: string;
    /** `current`: in the variables of what serves now. */
    readonly env?: 'current';
    /** False: do not wait for an approval. */
    readonly wait: boolean;
  };

export type DeployOptions = RolloutOptions & {
  /** One that was built before, instead of building. */
  readonly release?: string;
};

/** `gonogo deploy ENV`: builds and packs, hands it to the agent, and tells the rollout to its verdict. */
export async function runDeploy(environment: string, options: DeployOptions): Promise<number> {
  const place = await findPlace(options.config, environment);
  const { release: name, env } = options;
  return await deployPrepared(place, options, async (screen) => {
    if (name !== undefined) return await takeKnown(place, screen, { wanted: { name }, env });
    const prepared = await interruptibly(screen, (building) =>
      prepare(place, { ...building, ...(env ? { env } : {}) }),
    );
    screen.say(builtLine(prepared.built));
    return prepared;
  });
}

/** `gonogo promote FROM TO`: deploys the release that is proven in FROM, as it is. */
export async function runPromote(from: string, to: string, options: RolloutOptions): Promise<number> {
  await findPlace(options.config, from);
  const place = await findPlace(options.config, to);
  const { spec } = place.environment;
  // What the environment itself asks for goes first: it may have to be proven elsewhere.
  const environment = { ...place.environment, spec: { ...spec, from: spec.from ?? from } };
  const promoted = { ...place, environment };
  return await deployPrepared(promoted, options, (screen) =>
    takeKnown(promoted, screen, { wanted: { provenIn: from }, env: options.env }),
  );
}

async function takeKnown(
  place: Place,
  screen: Screen,
  known: Parameters<typeof prepareKnown>[2],
): Promise<Prepared> {
  const prepared = await prepareKnown(await openAgent(), place, known);
  screen.say(`taking ${nameOf(prepared.built.release)} as it is`);
  return prepared;
}

async function deployPrepared(
  place: Place,
  options: RolloutOptions,
  prepared: (screen: Screen) => Promise<Prepared>,
): Promise<number> {
  goOnWhenOutputCloses();
  const screen = openScreen(options.format);
  try {
    const { agent, id } = await handOver(place, await prepared(screen), options);
    if (id === undefined) return 0;
    if (options.detach) return detached(id, options.format);
    const running = { id, project: place.project.id, environment: place.name, wait: options.wait };
    return await runToVerdict(agent, running, screen);
  } finally {
    screen.close();
  }
}

/** Starts the rollout, or only tells its plan: then there is no id. */
async function handOver(
  place: Place,
  prepared: Prepared,
  { plan, planId, format }: RolloutOptions,
): Promise<{ agent: Client; id: string | undefined }> {
  const agent = await openAgent();
  if (!plan)
    return { agent, id: await startDeploy(agent, place, { ...prepared, ...(planId ? { planId } : {}) }) };
  await tellPlan(agent, { place, prepared }, format);
  return { agent, id: undefined };
}
