import type { Address } from '../domain/environment.ts';
import { type Target, targetKey } from '../domain/target.ts';
import { problem } from '../errors.ts';
import type { Router } from '../ports/router.ts';

/** Where fronts without a `listen:` are looked for: below the ports of instances, which could take one meanwhile. */
const firstPort = 20_000;
const ports = 6_000;
const tries = 50;

export type FrontWish = {
  readonly target: Target;
  readonly listen?: Address | undefined;
  readonly current?: Address | undefined;
};

/**
 * Where users come in: what the configuration says, else where they came in before, else a free loopback port that is
 * the same for the same target. Fails when users would have to move while they are served.
 */
export async function chooseFront(router: Router, { target, listen, current }: FrontWish): Promise<Address> {
  if (!listen) return current ?? (await freeFront(router, target));
  const moves = current !== undefined && (current.host !== listen.host || current.port !== listen.port);
  if (moves && (await router.observe(target)).split !== 'nobody') {
    const [from, to] = [current, listen].map(({ host, port }) => `${host}:${port}`);
    throw problem('NOT_SUPPORTED', {
      what: `moving the front of ${target.environment} from ${from} to ${to} while it serves`,
    });
  }
  return listen;
}

async function freeFront(router: Router, target: Target): Promise<Address> {
  const start = spread(targetKey(target));
  for (let i = 0; i < tries; i++) {
    const front = { host: '127.0.0.1', port: firstPort + ((start + i) % ports) };
    if ((await router.vet(target, { listen: front })) === undefined) return front;
  }
  throw problem('LISTEN_FAILED', {
    host: '127.0.0.1',
    port: firstPort + start,
    why: `it and the ${tries} ports after it are taken`,
  });
}

/** FNV-1a, 32 bits: the same target finds the same port again. */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash % ports;
}
