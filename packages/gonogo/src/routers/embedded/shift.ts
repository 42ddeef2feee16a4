import { describeSplit, type Shift, type Split, sameSplit } from '../../domain/split.ts';
import { streamOf, targetKey } from '../../domain/target.ts';
import { problem } from '../../errors.ts';
import type { Fence } from '../../ports/leases.ts';
import type { Prepared, Shifted } from '../../ports/router.ts';
import { codeOf } from './apply.ts';
import { askProxyOf, type EmbeddedRouterOptions } from './proxies.ts';

/** What was prepared and neither committed nor dropped, with the fence it was prepared under. */
export type OpenShifts = Map<string, Fence>;

export type Shifting = EmbeddedRouterOptions & { readonly open: OpenShifts };

/** Fails with ROUTER_MOVED when the split is not `shift.from`, with LEASE_LOST when a newer lease has acted. */
export async function prepare(shifting: Shifting, shift: Shift, fence: Fence): Promise<Prepared> {
  const { token, generation } = await ticket(shifting, shift, fence);
  shifting.open.set(token, fence);
  return { shift, generation, token };
}

/** Resolves when the proxy has stored and serves the new split. */
export async function commit(shifting: Shifting, prepared: Prepared): Promise<Shifted> {
  const { shift, token } = prepared;
  const since = performance.now();
  const fence = shifting.open.get(token);
  if (fence === undefined)
    throw problem('INTERNAL', { what: 'a shift that was dropped or done cannot be committed' });
  try {
    await askProxyOf(shifting, shift.target, { method: 'commit', input: { token } });
  } catch (error) {
    if (codeOf(error) !== 'UNKNOWN_TOKEN') throw await refusal(shifting, shift, error);
    await commitAgain(shifting, prepared, fence);
  }
  shifting.open.delete(token);
  return { generation: prepared.generation, ms: performance.now() - since };
}

/** Safe to repeat. */
export async function drop(shifting: Shifting, { shift, token }: Prepared): Promise<void> {
  shifting.open.delete(token);
  await askProxyOf(shifting, shift.target, { method: 'drop', input: { token } });
}

/** The proxy was started anew since `prepare`. Its stored generation tells whether the commit was done before that. */
async function commitAgain(shifting: Shifting, { shift, generation }: Prepared, fence: Fence): Promise<void> {
  const input = { target: targetKey(shift.target) };
  const now = await askProxyOf(shifting, shift.target, { method: 'observe', input });
  if (now.generation === generation && sameSplit(now.split as Split, shift.to)) return;
  if (now.generation !== generation - 1) throw moved(shift, now.split as Split);
  const { token } = await ticket(shifting, shift, fence);
  await askProxyOf(shifting, shift.target, { method: 'commit', input: { token } });
}

async function ticket(
  shifting: Shifting,
  shift: Shift,
  fence: Fence,
): Promise<{ token: string; generation: number }> {
  const { target, from, to } = shift;
  const input = { target: targetKey(target), from, to, fence };
  try {
    return await askProxyOf(shifting, target, { method: 'prepare', input });
  } catch (error) {
    throw await refusal(shifting, shift, error);
  }
}

async function refusal(shifting: Shifting, shift: Shift, error: unknown): Promise<unknown> {
  if (codeOf(error) === 'FENCED') return problem('LEASE_LOST', { stream: streamOf(shift.target) }, error);
  if (codeOf(error) !== 'MOVED') return error;
  const input = { target: targetKey(shift.target) };
  const now = await askProxyOf(shifting, shift.target, { method: 'observe', input });
  return moved(shift, now.split as Split, error);
}

const moved = (shift: Shift, actual: Split, cause?: unknown) =>
  problem('ROUTER_MOVED', { expected: describeSplit(shift.from), actual: describeSplit(actual) }, cause);
