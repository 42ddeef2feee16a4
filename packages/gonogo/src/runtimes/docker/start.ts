import type { Container } from 'dockerode';
import { problem } from '../../errors.ts';
import type { PoolSpec } from '../../ports/runtime.ts';
import { freePorts } from '../ports.ts';
import type { Vacancy } from '../vacancy.ts';
import { asked, engineProblem, reasonOf, statusOf } from './engine.ts';
import { type Image, imageOf, innerPort } from './image.ts';
import { type Berth, renderContainer } from './render.ts';
import { sharedFolders } from './shared.ts';
import type { DockerTools } from './tools.ts';
import { look } from './world.ts';

type Ground = Pick<Berth, 'inner' | 'owner' | 'shared' | 'imageSets'>;

/** An engine that is asked for everything at once answers each more slowly. */
const atOnce = 8;

/** Starts one container for each vacancy and answers their names, in the same order. */
export async function start(
  tools: DockerTools,
  spec: PoolSpec,
  vacancies: readonly Vacancy[],
): Promise<string[]> {
  if (vacancies.length === 0) return [];
  const image = await imageOf(tools.engine, spec.artifact);
  const ground = await prepare(tools, spec, image);
  const ids: string[] = [];
  for (let from = 0; from < vacancies.length; from += atOnce) {
    const some = vacancies.slice(from, from + atOnce);
    ids.push(...(await Promise.all(some.map((vacancy) => startOne(tools, spec, { ...ground, ...vacancy })))));
  }
  return ids;
}

async function prepare(tools: DockerTools, spec: PoolSpec, image: Image): Promise<Ground> {
  return {
    inner: innerPort(image, spec.manifest.run.port),
    owner: tools.owner,
    shared: await sharedFolders(tools.shared, spec, image),
    imageSets: image.sets,
  };
}

/** How many ports are tried: another program may bind one between our choice and the engine's attempt. */
const portAttempts = 5;

async function startOne(tools: DockerTools, spec: PoolSpec, berth: Ground & Vacancy): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort(tools, spec.address);
    const id = berth.id ?? newName(tools, spec, berth.index);
    tools.launching.add(id);
    try {
      await launch(tools, spec, { ...berth, id, port });
      return id;
    } catch (error) {
      if (attempt === portAttempts || !isPortTaken(error)) throw error;
    } finally {
      tools.launching.delete(id);
      tools.chosen.delete(port);
    }
  }
}

function newName(tools: DockerTools, { pool }: PoolSpec, index: number): string {
  const { service, environment } = pool.target;
  return `${service}.${environment}.${pool.slot}.${pool.role}.${index}.${tools.newId()}`;
}

const isPortTaken = (error: unknown): boolean =>
  /address already in use|port is already allocated/i.test(error instanceof Error ? error.message : '');

async function choosePort(tools: DockerTools, host: string): Promise<number> {
  const assigned = (await look(tools)).map((found) => found.place.port);
  const taken = new Set([...assigned, ...tools.chosen]);
  const [port = 0] = await freePorts({ host, count: 1, taken, random: tools.random });
  // Another instance may have chosen while we tried the ports.
  if (tools.chosen.has(port)) return choosePort(tools, host);
  tools.chosen.add(port);
  return port;
}

async function launch(tools: DockerTools, spec: PoolSpec, berth: Berth): Promise<void> {
  const { engine } = tools;
  const { run } = spec.manifest;
  const body = renderContainer(spec, berth, tools.options);
  const container = await asked(engine, 'create a container', engine.calls.createContainer(body));
  try {
    for (const network of run.networks?.slice(1) ?? [])
      await engine.calls.getNetwork(network).connect({ Container: container.id });
    await container.start();
  } catch (error) {
    await discard(container);
    throw startProblem(tools, error, { spec, id: berth.id });
  }
}

/** A container that could not be started is of no use; when the engine is gone as well, the next look finds it. */
const discard = (container: Container): Promise<unknown> =>
  container.remove({ force: true, v: true }).catch(() => undefined);

type Launched = { readonly spec: PoolSpec; readonly id: string };

function startProblem({ engine }: DockerTools, error: unknown, { spec, id }: Launched): Error {
  if (statusOf(error) === undefined) return engineProblem(engine, 'start a container', error);
  const why = reasonOf(error);
  if (/network \S+ not found/i.test(why)) return problem('NETWORK_MISSING', { why }, error);
  if (!/exec|executable|OCI runtime/i.test(why)) return engineProblem(engine, 'start a container', error);
  const command = spec.manifest.run.command.join(' ') || 'its own command';
  return problem('LAUNCH_FAILED', { instance: id, command, why }, error);
}
