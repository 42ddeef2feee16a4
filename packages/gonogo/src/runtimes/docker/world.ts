import { constants, uptime } from 'node:os';
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import type { Target } from '../../domain/target.ts';
import type { InstanceState } from '../../ports/runtime.ts';
import type { KernelLog } from '../../system/kernel-log.ts';
import type { Place } from '../labels.ts';
import { asked, askedFor, type Engine } from './engine.ts';
import { containerPlace, ownedFilter } from './labels.ts';

/** A container of ours that exists. */
export type Found = {
  /** The instance's name, which is the container's. */
  readonly id: string;
  /** The engine's own name for it. */
  readonly container: string;
  readonly place: Place;
  readonly state: InstanceState;
  /** It was created and never started: whoever made it died in between, or is at it. */
  readonly unborn: boolean;
};

/** By container; emptied for one when the engine tells of it, and of all when the engine is not heard any more. */
export type InspectCache = Map<string, ContainerInspectInfo>;

type WorldTools = {
  readonly engine: Engine;
  readonly owner: string;
  readonly inspected: InspectCache;
  readonly outOfMemory: ReadonlySet<string>;
  readonly kernel: KernelLog;
  readonly launching: ReadonlySet<string>;
};

/** The containers of a target (of all, without one), as the engine has them. */
export async function look(tools: WorldTools, target?: Target): Promise<Found[]> {
  const { engine, owner } = tools;
  const filters = { label: ownedFilter(owner, target) };
  const listed = await asked(engine, 'list containers', engine.calls.listContainers({ all: true, filters }));
  const found = await Promise.all(listed.map((info) => foundBy(tools, info)));
  return found.filter((one) => one !== undefined).sort((a, b) => a.place.index - b.place.index);
}

/** Those that are or were instances; what is being made is not one yet. */
export const born = (found: readonly Found[]): Found[] => found.filter(({ unborn }) => !unborn);

async function foundBy(tools: WorldTools, info: ContainerInfo): Promise<Found | undefined> {
  const id = (info.Names[0] ?? '').replace(/^\//, '');
  const place = containerPlace(info.Labels, tools.owner);
  if (!place || tools.launching.has(id)) return undefined;
  const detail = await detailOf(tools, info);
  if (!detail) return undefined;
  const unborn = detail.State.Status === 'created';
  return { id, container: info.Id, place, state: stateOf(tools, detail), unborn };
}

/** Undefined for a container that was removed meanwhile. */
async function detailOf(tools: WorldTools, info: ContainerInfo): Promise<ContainerInspectInfo | undefined> {
  const known = tools.inspected.get(info.Id);
  if (known && known.State.Status === info.State) return known;
  const question = tools.engine.calls.getContainer(info.Id).inspect();
  const detail = await askedFor(tools.engine, 'inspect a container', question);
  if (detail) tools.inspected.set(info.Id, detail);
  return detail;
}

/** A paused container still holds its place; its probes tell that it does not answer. */
function stateOf(tools: WorldTools, { Id: id, State: state }: ContainerInspectInfo): InstanceState {
  if (state.Running) return { is: 'running', pid: state.Pid, startedAt: Date.parse(state.StartedAt) };
  const startedAt = Math.max(Date.parse(state.StartedAt), 0);
  const exit = exitOf(state.ExitCode);
  const told = state.OOMKilled || tools.outOfMemory.has(id);
  const killed = exit.signal === 'SIGKILL' ? tools.kernel.containerKilled(id) : undefined;
  const outOfMemory = killed ?? (told ? 'limit' : undefined);
  return {
    is: 'ended',
    ...exit,
    startedAt,
    endedAt: Math.max(Date.parse(state.FinishedAt), 0),
    ...(outOfMemory ? { outOfMemory } : {}),
    ...(startedAt < machineStartedAt() ? { withMachine: true } : {}),
  };
}

/** What was started before this and does not run any more went down with the machine, or some time before it. */
const machineStartedAt = (): number => Date.now() - uptime() * 1000;

/** The engine tells a death by a signal as a shell does, 128 and its number. */
function exitOf(exit: number): { code: number | null; signal: string | null } {
  const named = Object.entries(constants.signals).find(([, number]) => number === exit - 128);
  return exit > 128 && named ? { code: null, signal: named[0] } : { code: exit, signal: null };
}
