import { messageOf, problem } from '../../errors.ts';
import type { PoolSpec } from '../../ports/runtime.ts';
import type { ProcessIdentity } from '../../system/process.ts';
import { RpcError } from '../../system/rpc.ts';
import type { LaunchSpec } from '../../wire/keeper.ts';
import { freePorts } from '../ports.ts';
import type { Vacancy } from '../vacancy.ts';
import { findCommand } from './command.ts';
import { outputFile, poolFolder } from './folders.ts';
import { prepare } from './ground.ts';
import { findLaunch } from './group.ts';
import { removeRecord, writeRecord } from './records.ts';
import { type Berth, pathOf, placeIn, renderLaunch } from './render.ts';
import type { ProcessTools } from './tools.ts';
import { look } from './world.ts';

/** Starts one instance for each vacancy and answers their names, in the same order. */
export async function start(
  tools: ProcessTools,
  spec: PoolSpec,
  vacancies: readonly Vacancy[],
): Promise<string[]> {
  if (vacancies.length === 0) return [];
  const ground = await prepare(tools, spec);
  const ports = await choosePorts(tools, spec.address, vacancies.length);
  try {
    return await Promise.all(
      vacancies.map((vacancy, n) => {
        const { id = newName(tools, spec, vacancy.index) } = vacancy;
        const output = outputFile(poolFolder(tools.folder, spec.pool), id);
        return launch(tools, spec, { ...ground, ...vacancy, id, port: ports[n] ?? 0, output });
      }),
    );
  } finally {
    for (const port of ports) tools.chosen.delete(port);
  }
}

function newName(tools: ProcessTools, { pool }: PoolSpec, index: number): string {
  const { service, environment } = pool.target;
  return `${service}.${environment}.${pool.slot}.${pool.role}.${index}.${tools.newId()}`;
}

async function choosePorts(tools: ProcessTools, host: string, count: number): Promise<number[]> {
  const assigned = (await look(tools)).map((found) => found.place.port);
  const taken = new Set([...assigned, ...tools.chosen]);
  const ports = await freePorts({ host, count, taken, random: tools.random });
  // Another pool may have chosen while we tried the ports.
  if (ports.some((port) => tools.chosen.has(port))) return choosePorts(tools, host, count);
  for (const port of ports) tools.chosen.add(port);
  return ports;
}

async function launch(tools: ProcessTools, spec: PoolSpec, berth: Berth): Promise<string> {
  const [command = ''] = spec.manifest.run.command;
  const path = spec.values.PATH ?? pathOf(berth.cwd, process.execPath);
  const program = await findCommand(command, berth.cwd, path);
  const place = placeIn(spec, berth);
  const rendered = renderLaunch(spec, berth, { program, execPath: process.execPath });
  const record = { id: berth.id, labels: rendered.labels };
  tools.launching.add(berth.id);
  try {
    await writeRecord(tools.folder, place, record);
    const started = await launchOnce(tools, rendered);
    await writeRecord(tools.folder, place, { ...record, process: started });
    return berth.id;
  } catch (error) {
    await removeRecord(tools.folder, place, berth.id);
    if (!(error instanceof RpcError)) throw error;
    throw problem('LAUNCH_FAILED', { instance: berth.id, command, why: whyOf(error) }, error);
  } finally {
    tools.launching.delete(berth.id);
  }
}

/** The file was found a moment ago, so what does not exist is what it wants to be run by. */
const whyOf = (error: RpcError): string =>
  error.code === 'ENOENT' ? 'the interpreter that its first line names does not exist' : messageOf(error);

type Started = ProcessIdentity & { readonly startedAt: number };

/** A keeper that dies under a launch may have carried it out: the launch key in the environment tells. */
async function launchOnce(tools: ProcessTools, spec: LaunchSpec): Promise<Started> {
  try {
    const { boot, pid, startTime, startedAt } = await tools.keeper.call('launch', spec);
    return { boot, pid, startTime, startedAt };
  } catch (error) {
    if (!(error instanceof RpcError) || error.code !== 'CONNECTION_LOST') throw error;
    const identity = findLaunch(spec.key);
    if (identity) return { ...identity, startedAt: tools.clock.wall() };
    const { boot, pid, startTime, startedAt } = await tools.keeper.call('launch', spec);
    return { boot, pid, startTime, startedAt };
  }
}
