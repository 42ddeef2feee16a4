import { setTimeout as sleep } from 'node:timers/promises';
import { all } from '../packages/gonogo/src/domain/split.ts';
import type { Router } from '../packages/gonogo/src/ports/router.ts';
import { freeAddress } from '../test/suites/addresses.ts';
import { routerHost } from '../test/suites/router-host.ts';
import { residentMb } from './proxy/process-stat.ts';
import { spawnMixedLoad } from './strict-client/mixed-process.ts';
import { spawnUpstream } from './strict-client/upstream-process.ts';

const target = { project: 'acme', service: 'shop', environment: 'production', host: 'local' };

/**
 * Flips between two applications under the strict client's load, and counts every request that was lost.
 * `--flips 1000`; `--rate 300` requests a second on kept connections, on short ones and with a body.
 */
export async function flip(options: Readonly<Record<string, string>> = {}): Promise<Record<string, number>> {
  const flips = Number(options.flips ?? 1000);
  const host = await routerHost();
  const applications = await Promise.all([spawnUpstream('v1'), spawnUpstream('v2')]);
  try {
    const listen = await freeAddress();
    await publishBoth(host.router, { listen, ports: applications.map((one) => one.port) });
    const rate = Number(options.rate ?? 300);
    const load = await spawnMixedLoad({ ...listen, versions: ['v1', 'v2'], rate });
    const { acks, confirms } = await flipOften(host.router, flips);
    const { now } = residentMb(await host.proxyPid());
    console.error(`resident memory of the proxy after the flips: ${now} MB`);
    console.error(
      `confirmed through the front: p50 ${percentile(confirms, 0.5)} ms, p99 ${percentile(confirms, 0.99)} ms`,
    );
    const { requests, failed, websocketsBroken, streamsBroken, examples } = await load.stop();
    for (const example of examples) console.error(example);
    return {
      flips,
      requests,
      failed,
      ack_ms_p50: percentile(acks, 0.5),
      ack_ms_p99: percentile(acks, 0.99),
      websockets_broken: websocketsBroken,
      streams_broken: streamsBroken,
    };
  } finally {
    await Promise.all(applications.map((one) => one.close()));
    await host.close();
  }
}

async function publishBoth(
  router: Router,
  { listen, ports }: { listen: { host: string; port: number }; ports: readonly number[] },
): Promise<void> {
  await router.publish(target, { listen });
  for (const [i, slot] of (['blue', 'green'] as const).entries()) {
    await router.members({ target, slot }, [{ instance: slot, host: '127.0.0.1', port: ports[i] ?? 0 }]);
  }
  await router.commit(await router.prepare({ target, from: 'nobody', to: all('blue') }, 1));
}

/** Each flip in milliseconds, sorted: from the call of `commit` to its acknowledgement, and the question that follows who answers. */
async function flipOften(router: Router, flips: number): Promise<{ acks: number[]; confirms: number[] }> {
  const [acks, confirms]: [number[], number[]] = [[], []];
  for (let i = 0; i < flips; i += 1) {
    const [from, to] = i % 2 === 0 ? (['blue', 'green'] as const) : (['green', 'blue'] as const);
    const prepared = await router.prepare({ target, from: all(from), to: all(to) }, 1);
    const since = performance.now();
    await router.commit(prepared);
    const acknowledged = performance.now();
    const answers = await router.whoAnswers(target, '/');
    if (answers !== to) throw new Error(`flip ${i + 1} was acknowledged, but ${answers} answers`);
    acks.push(acknowledged - since);
    confirms.push(performance.now() - acknowledged);
    await sleep(50);
  }
  const up = (a: number, b: number): number => a - b;
  return { acks: acks.sort(up), confirms: confirms.sort(up) };
}

const percentile = (sorted: readonly number[], share: number): number =>
  Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2));
