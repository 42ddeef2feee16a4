import type { Client } from '../packages/gonogo/src/api/client.ts';
import { build } from './built.ts';
import { least, median, rounded } from './host/figures.ts';
import { deployTwice, type Host, openHost } from './host/host.ts';
import { addPast } from './host/past.ts';
import { killAgent } from './host/start.ts';

const environment = 'production';

/**
 * How long the API takes to answer an environment's history with `--rollouts` (10,000) rollouts, its newest 20 and all
 * of them: from the call to the parsed answer, over the agent's socket; the built agent. Milliseconds, medians of
 * `--rounds` (15); `first` is the first answer after a start. `hello` is the same round trip without any work.
 */
export async function history(options: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  await build();
  const rollouts = Number(options.rollouts ?? 10_000);
  const host = await openHost('built');
  try {
    await deployTwice(host, environment);
    await killAgent(host.state);
    await addPast(host.state, { ...host, environment, rollouts: rollouts - 2 });
    return await ask(host, await host.agent(), Number(options.rounds ?? 15));
  } finally {
    await host.close();
  }
}

async function ask({ project }: Host, api: Client, rounds: number): Promise<Record<string, number>> {
  const list = (limit: number): Promise<number> =>
    time(async () => (await api.history({ project, environment, limit })).length);
  const first = await list(10_000);
  const times = { hello: [] as number[], newest: [] as number[], all: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.hello.push(await time(() => api.hello()));
    times.newest.push(await list(20));
    times.all.push(await list(10_000));
  }
  return {
    rollouts: (await api.history({ project, environment, limit: 10_000 })).length,
    hello_ms: rounded(median(times.hello)),
    newest_20_ms: rounded(median(times.newest)),
    all_first_ms: rounded(first),
    all_ms: rounded(median(times.all)),
    all_least_ms: rounded(least(times.all)),
  };
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
