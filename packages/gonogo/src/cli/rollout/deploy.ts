import type { Client } from '../../api/client.ts';
import { releaseName } from '../../domain/release.ts';
import { problem } from '../../errors.ts';
import { findPlace, openAgent, type Place } from '../context.ts';
import type { Configured, Reporting } from '../options.ts';
import { goOnWhenOutputCloses } from '../output.ts';
import { bytes } from '../print/time.ts';
import { detached } from './detached.ts';
import { onInterrupt } from './interrupt.ts';
import { tellPlan } from './plan.ts';
import { type Prepared, prepare, startDeploy } from './prepare.ts';
import { runToVerdict } from './run.ts';
import { openScreen, type Screen } from './screen.ts';

export type DeployOptions = Configured &
  Reporting & {
    readonly detach?: boolean;
    readonly plan?: boolean;
    readonly planId?: string;
    /** `current`: in the variables of what serves now. */
    readonly env?: 'current';
    /** False: do not wait for an approval. */
    readonly wait: boolean;
  };

/** `gonogo deploy ENV`: builds and packs, hands it to the agent, and tells the rollout to its verdict. */
export async function runDeploy(environment: string, options: DeployOptions): Promise<number> {
  goOnWhenOutputCloses();
  const place = await findPlace(options.config, environment);
  const screen = openScreen(options.format);
  try {
    const prepared = await prepareOrStop(place, options, screen);
    const { agent, id } = await handOver(place, prepared, options);
    if (id === undefined) return 0;
    if (options.detach) return detached(id, options.format);
    const running = { id, project: place.project.id, environment, wait: options.wait };
    return await runToVerdict(agent, running, screen);
  } finally {
    screen.close();
  }
}

/** Starts the rollout, or only tells its plan: then there is no id. */
async function handOver(
  place: Place,
  prepared: Prepared,
  { plan, planId, format }: DeployOptions,
): Promise<{ agent: Client; id: string | undefined }> {
  const agent = await openAgent();
  if (!plan)
    return { agent, id: await startDeploy(agent, place, { ...prepared, ...(planId ? { planId } : {}) }) };
  await tellPlan(agent, { place, prepared }, format);
  return { agent, id: undefined };
}

async function prepareOrStop(place: Place, { env }: DeployOptions, screen: Screen): Promise<Prepared> {
  const stop = new AbortController();
  const interrupts = onInterrupt(
    () => stop.abort(),
    () => process.exit(1),
  );
  try {
    const onOutput = (text: string): void => screen.output(text);
    const prepared = await prepare(place, { signal: stop.signal, onOutput, ...(env ? { env } : {}) });
    stop.signal.throwIfAborted();
    const { release, bundle } = prepared;
    const name = releaseName(place.service.name, release.digest);
    screen.say(`packed ${name}: ${counted(bundle.entries.length)}, ${bytes(bundle.bytes)}`);
    return prepared;
  } catch (error) {
    throw stop.signal.aborted ? problem('INTERRUPTED', { what: 'the release was packed' }) : error;
  } finally {
    interrupts.release();
  }
}

const counted = (files: number): string => `${files} ${files === 1 ? 'file' : 'files'}`;
