import { type Target, targetKey } from '../../domain/target.ts';
import { problem } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { systemClock } from '../../system/clock.ts';
import type { ProxyAnswer, ProxyInput, ProxyMethod } from '../../wire/proxy.ts';
import { ask, codeOf, isServing, type Place } from './apply.ts';
import type { Keeper } from './launch.ts';
import { proxiesOf } from './locate.ts';

export type EmbeddedRouterOptions = {
  readonly keeper: Keeper;
  /** Where proxies keep their routes, sockets and logs: `StateFolder.proxies`. */
  readonly folder: string;
  /** Default: the real clocks. */
  readonly clock?: Clock;
  /** Absent: nobody starts again a proxy that outlived its keeper. */
  readonly tend?: Tending;
};

/** Looking after the proxies: until when, and who is told what went wrong. */
export type Tending = {
  readonly signal: AbortSignal;
  readonly failed: (error: unknown) => void;
};

export const placeIn = ({ folder, clock = systemClock }: EmbeddedRouterOptions, id: string): Place => ({
  folder,
  clock,
  id,
  worker: 0,
});

/** The proxy that has a target's route, and its other workers; undefined when there is none. */
export async function placeOf(
  options: EmbeddedRouterOptions,
  target: Target,
): Promise<{ first: Place; others: Place[] } | undefined> {
  const [found] = await proxiesOf(options.folder, targetKey(target));
  if (!found) return undefined;
  const first = placeIn(options, found.id);
  return { first, others: othersOf(first, found.workers) };
}

/** The workers of a proxy besides the first. */
export const othersOf = (first: Place, workers: number): Place[] =>
  Array.from({ length: workers - 1 }, (_, i) => ({ ...first, worker: i + 1 }));

type Question<M extends ProxyMethod> = { readonly method: M; readonly input: ProxyInput<M> };

/** Asks the first worker of a target's proxy; fails with ROUTE_MISSING when no proxy has its route. */
export async function askProxyOf<M extends ProxyMethod>(
  options: EmbeddedRouterOptions,
  target: Target,
  question: Question<M>,
): Promise<ProxyAnswer<M>> {
  const { first } = await mustPlace(options, target);
  return await inWords(options, target, () => ask(first, question.method, question.input));
}

/** Asks every worker of a target's proxy. */
export async function askWorkersOf<M extends ProxyMethod>(
  options: EmbeddedRouterOptions,
  target: Target,
  { method, input }: Question<M>,
): Promise<ProxyAnswer<M>[]> {
  const { first, others } = await mustPlace(options, target);
  return await inWords(options, target, () =>
    Promise.all([first, ...others].map((place) => ask(place, method, input))),
  );
}

/** Has every worker but the first read again what the first has stored. One that is away reads it when it starts. */
export async function reload(others: readonly Place[]): Promise<void> {
  await Promise.all(
    others.map(async (place) => {
      if (await isServing(place)) await ask(place, 'reload', undefined);
    }),
  );
}

async function mustPlace(options: EmbeddedRouterOptions, target: Target) {
  const place = await placeOf(options, target);
  if (!place) throw problem('ROUTE_MISSING', { target: targetKey(target) });
  return place;
}

async function inWords<T>(
  { folder }: EmbeddedRouterOptions,
  target: Target,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw inOurWords(error, { target, folder });
  }
}

function inOurWords(error: unknown, about: { target: Target; folder: string }): unknown {
  const code = codeOf(error);
  if (code === 'NO_ROUTE') return problem('ROUTE_MISSING', { target: targetKey(about.target) }, error);
  if (error instanceof Error && code && /^(ENOSPC|EDQUOT|EROFS|EIO|EACCES)$/.test(code)) {
    return problem('STATE_UNUSABLE', { path: about.folder, why: error.message }, error);
  }
  return error;
}
