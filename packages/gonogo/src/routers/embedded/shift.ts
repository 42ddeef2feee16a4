import { describeSplit, type Shift, type Split, sameSplit } from '../../domain/split.ts';
import { streamOf, targetKey } from '../../domain/target.ts';
import { problem } from '../../errors.ts';
import type { Fence } from '../../ports/leases.ts';
import type { Prepared, Shifted } from '../../ports/router.ts';
import { type RpcClient, RpcError } from '../../system/rpc.ts';
import type { ProxyInput } from '../../wire/proxy.ts';
import { ask, codeOf, type Line, openLine, type Place } from './apply.ts';
import { askProxyOf, type EmbeddedRouterOptions, inWords, mustPlace } from './proxies.ts';
import { connectReplaced, followed } from './replaced.ts';

/** What was prepared and neither committed nor dropped, by the first worker's token. */
export type OpenShifts = Map<string, OpenShift>;

/** The workers are remembered, so that nothing is looked up or connected between a commit and its acknowledgement. */
type OpenShift = {
  readonly fence: Fence;
  readonly first: Ticket;
  readonly others: readonly Ticket[];
  /** Processes that were replaced: who has stayed with them follows too. */
  readonly replaced: readonly RpcClient[];
};

/** `line`: open since the shift was prepared. */
type Ticket = { readonly place: Place; readonly token: string; readonly line: Line };

export type Shifting = EmbeddedRouterOptions & { readonly open: OpenShifts };

/** Fails with ROUTER_MOVED when the split is not `shift.from`, with LEASE_LOST when a newer lease has acted. */
export async function prepare(shifting: Shifting, shift: Shift, fence: Fence): Promise<Prepared> {
  const { token, generation } = await ticket(shifting, shift, fence);
  const { first, others } = await mustPlace(shifting, shift.target);
  const tickets = await prepareOthers(others, shift, fence);
  shifting.open.set(token, {
    fence,
    first: { place: first, token, line: await openLine(first) },
    others: tickets,
    replaced: await connectReplaced(shifting.folder, first.id),
  });
  return { shift, generation, token };
}

/** Resolves when the first worker has stored the new split, and every process that answers users serves it. */
export async function commit(shifting: Shifting, prepared: Prepared): Promise<Shifted> {
  const { token } = prepared;
  const since = performance.now();
  const open = shifting.open.get(token);
  if (open === undefined)
    throw problem('INTERNAL', { what: 'a shift that was dropped or tried cannot be committed' });
  try {
    await commitFirst(shifting, prepared, open);
    await Promise.all([
      ...open.others.map((ticket) => commitOther(ticket, prepared)),
      ...open.replaced.map(followed),
    ]);
    return { generation: prepared.generation, ms: performance.now() - since };
  } finally {
    forget(shifting, token);
  }
}

async function commitFirst(shifting: Shifting, prepared: Prepared, open: OpenShift): Promise<void> {
  const { shift, token } = prepared;
  try {
    await inWords(shifting, shift.target, () => open.first.line.ask('commit', { token }));
  } catch (error) {
    if (codeOf(error) !== 'UNKNOWN_TOKEN') throw await refusal(shifting, shift, error);
    await commitAgain(shifting, prepared, open.fence);
  }
}

/** A worker that was started anew, or has an older table than the first, is brought up to date before. */
async function prepareOthers(
  others: readonly Place[],
  { target, from, to }: Shift,
  fence: Fence,
): Promise<Ticket[]> {
  const input = { target: targetKey(target), from, to, fence };
  return await Promise.all(
    others.map(async (place) => {
      try {
        return await ticketAt(place, input);
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        await ask(place, 'reload', undefined);
        return await ticketAt(place, input);
      }
    }),
  );
}

async function ticketAt(place: Place, input: ProxyInput<'prepare'>): Promise<Ticket> {
  const { token } = await ask(place, 'prepare', input);
  return { place, token, line: await openLine(place) };
}

/** What was prepared is done, or will not be. */
function forget({ open }: Shifting, token: string): void {
  const shift = open.get(token);
  open.delete(token);
  for (const { line } of shift ? [shift.first, ...shift.others] : []) line.close();
  for (const client of shift?.replaced ?? []) client.close();
}

/** One that was started anew since it was prepared reads what the first has stored. */
async function commitOther({ place, token, line }: Ticket, { shift, generation }: Prepared): Promise<void> {
  try {
    await line.ask('commit', { token });
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    await ask(place, 'reload', undefined);
    const now = await ask(place, 'observe', { target: targetKey(shift.target) });
    if (now.generation < generation) throw error;
  }
}

/** Safe to repeat. */
export async function drop(shifting: Shifting, { shift, token }: Prepared): Promise<void> {
  const others = shifting.open.get(token)?.others ?? [];
  forget(shifting, token);
  await askProxyOf(shifting, shift.target, { method: 'drop', input: { token } });
  await Promise.all(others.map((ticket) => ask(ticket.place, 'drop', { token: ticket.token })));
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
