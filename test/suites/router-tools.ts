import { createServer, request } from 'node:http';
import type net from 'node:net';
import { trafficBetween } from '../../packages/gonogo/src/domain/judge.ts';
import type { SlotId, SlotName } from '../../packages/gonogo/src/domain/slot.ts';
import { all, type Split } from '../../packages/gonogo/src/domain/split.ts';
import type { Target } from '../../packages/gonogo/src/domain/target.ts';
import type { Router } from '../../packages/gonogo/src/ports/router.ts';
import { type Address, freeAddress } from './addresses.ts';
import { eventually } from './eventually.ts';

type Listening = { readonly port: number };

let made = 0;
const published: { router: Router; target: Target }[] = [];

/** A target that no other test uses. */
export const newTarget = (): Target => ({
  ...{ project: 'acme', service: `shop-${++made}`, environment: 'production', host: 'local' },
});

/** One request on a connection of its own. */
export function get(address: Address, path = '/', headers = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...address, path, headers, agent: false, timeout: 10_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.on('error', reject);
    });
    asked.on('error', reject).on('timeout', () => asked.destroy(new Error('timeout')));
    asked.end();
  });
}

export async function shift(router: Router, target: Target, to: Split, fence = 1): Promise<void> {
  const { split: from } = await router.observe(target);
  await router.commit(await router.prepare({ target, from, to }, fence));
}

/** Publishes a target at a free address with one instance in each slot, and sends everything to blue. */
export async function publishTwo(router: Router, blue: Listening, green: Listening) {
  const [target, listen] = [newTarget(), await freeAddress()];
  await publish(router, target, listen);
  await tell(router, target, { slot: 'blue', ports: [blue.port] });
  await tell(router, target, { slot: 'green', ports: [green.port] });
  await shift(router, target, all('blue'));
  return { target, listen };
}

/** Publishes a target that `unpublishAll` takes away again: each proxy is a process. */
export async function publish(router: Router, target: Target, listen: Address): Promise<void> {
  published.push({ router, target });
  await router.publish(target, { listen });
}

/** For `afterEach`. */
export async function unpublishAll(): Promise<void> {
  await Promise.all(published.splice(0).map(({ router, target }) => router.unpublish(target)));
}

export async function tell(
  router: Router,
  target: Target,
  { slot, ports }: { slot: SlotName; ports: readonly number[] },
): Promise<void> {
  const members = ports.map((port) => ({ instance: `${slot}-${port}`, host: '127.0.0.1', port }));
  await router.members({ target, slot }, members);
}

/** What all who count say of a slot, and who they are. */
export async function countsOf(router: Router, slot: SlotId) {
  const all = await router.counters(slot);
  const inFlight = all.reduce((sum, one) => sum + one.inFlight, 0);
  return { ...trafficBetween([], all), inFlight, incarnations: all.map(({ incarnation }) => incarnation) };
}

/** Waits until a number stays the same for a second. */
export async function stands(what: string, number: () => number): Promise<void> {
  let [last, since] = [-1, performance.now()];
  await eventually(what, () => {
    if (number() !== last) [last, since] = [number(), performance.now()];
    return last > 0 && performance.now() - since > 1_000;
  });
}

/** Answers requests only when it is told to. */
export async function startHeld(status = 200) {
  const waiting: (() => void)[] = [];
  const server = createServer((_request, response) => {
    waiting.push(() => response.writeHead(status).end('held'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    waiting: () => waiting.length,
    release: () => {
      for (const answer of waiting.splice(0)) answer();
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Which version answered how many of some requests. */
export async function share(listen: Address, requests: number): Promise<{ v1: number; v2: number }> {
  const counts = { v1: 0, v2: 0 };
  for (let i = 0; i < requests; i += 1) counts[(await get(listen)).text.startsWith('v1') ? 'v1' : 'v2'] += 1;
  return counts;
}
