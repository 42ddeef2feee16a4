import { rm } from 'node:fs/promises';
import type { SlotId } from '../../domain/slot.ts';
import { targetKey } from '../../domain/target.ts';
import type { Drained } from '../../ports/router.ts';
import { isErrno } from '../../system/files.ts';
import { connectRpc } from '../../system/rpc.ts';
import { inWords } from '../../wire/problems.ts';
import { ProxyAnswers, type ProxyInput } from '../../wire/proxy.ts';
import { codeOf } from './apply.ts';
import { replacedIn } from './locate.ts';
import { askWorkersOf, type EmbeddedRouterOptions, placeOf } from './proxies.ts';

type Draining = { readonly deadline: number; readonly instances: readonly string[] | undefined };

const nobody: Drained = { closed: 0, cut: 0 };

/** At every worker, and at those that were replaced and still answer who came to them. */
export async function drain(
  options: EmbeddedRouterOptions,
  { target, slot }: SlotId,
  { deadline, instances }: Draining,
): Promise<Drained> {
  const place = await placeOf(options, target);
  if (!place) return nobody; // Nothing comes in, so nothing is in flight.
  const only = instances ? { instances: [...instances] } : {};
  const input = { target: targetKey(target), slot, deadline, ...only };
  const replaced = await replacedIn(options.folder, place.first.id);
  const [workers, others] = await Promise.all([
    askWorkersOf(options, target, { method: 'drain', input }),
    Promise.all(replaced.map((socket) => drainReplaced(socket, input))),
  ]);
  const sum = (count: keyof Drained): number =>
    [...workers, ...others].reduce((all, answer) => all + answer[count], 0);
  return { closed: sum('closed'), cut: sum('cut') };
}

/** One that has ended, ends meanwhile, or has no such route has nobody left. */
async function drainReplaced(socket: string, input: ProxyInput<'drain'>): Promise<Drained> {
  const client = await connectRpc(socket).catch(async (error: unknown) => {
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ECONNREFUSED')) throw error;
    await rm(socket, { force: true }); // It was killed.
    return undefined;
  });
  if (!client) return nobody;
  try {
    return ProxyAnswers.drain.parse(await client.call('drain', input), inWords);
  } catch (error) {
    if (codeOf(error) === 'CONNECTION_LOST' || codeOf(error) === 'NO_ROUTE') return nobody;
    throw error;
  } finally {
    client.close();
  }
}
