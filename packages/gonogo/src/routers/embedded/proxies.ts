import { type Target, targetKey } from '../../domain/target.ts';
import { problem } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { systemClock } from '../../system/clock.ts';
import type { ProxyAnswer, ProxyInput, ProxyMethod } from '../../wire/proxy.ts';
import { ask, codeOf, type Place } from './apply.ts';
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
});

/** The proxy that has a target's route; undefined when there is none. */
export async function placeOf(options: EmbeddedRouterOptions, target: Target): Promise<Place | undefined> {
  const [id] = await proxiesOf(options.folder, targetKey(target));
  return id === undefined ? undefined : placeIn(options, id);
}

/** Asks the proxy of a target; fails with ROUTE_MISSING when no proxy has its route. */
export async function askProxyOf<M extends ProxyMethod>(
  options: EmbeddedRouterOptions,
  target: Target,
  question: { readonly method: M; readonly input: ProxyInput<M> },
): Promise<ProxyAnswer<M>> {
  const place = await placeOf(options, target);
  if (!place) throw problem('ROUTE_MISSING', { target: targetKey(target) });
  try {
    return await ask(place, question.method, question.input);
  } catch (error) {
    throw inOurWords(error, { target, folder: options.folder });
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
