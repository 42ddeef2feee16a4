import { build } from './built.ts';
import type { Form } from './host/entry.ts';
import { least, median } from './host/figures.ts';
import { deployTwice, openHost } from './host/host.ts';
import { addPast } from './host/past.ts';
import { killAgent, startAgent, startNode } from './host/start.ts';

/** Where the past lies: in how many environments, and how many rollouts there are in all. */
const pasts = {
  empty: { environments: 1, rollouts: 0 },
  one: { environments: 1, rollouts: 1000 },
  ten: { environments: 10, rollouts: 1000 },
};

/**
 * How long a killed agent takes to answer again: from the spawn of its process to the first answer of the API, while
 * its keeper, proxies and instances run on. For an agent whose environment has no past but two rollouts, for one with
 * 1,000 past rollouts in one environment, and for one with 1,000 spread over ten; built, and from source. Beside each
 * `node -e 0` with the agent's flags, from its spawn to its end. Milliseconds, medians of `--rounds` (9) in turns;
 * `least` is the fastest of them, `first` the one start that finds events and no snapshot of them, as after an upgrade.
 */
export async function recovery(options: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  await build();
  const rounds = Number(options.rounds ?? 9);
  const figures: Record<string, number> = {};
  for (const form of ['built', 'source'] as const)
    for (const name of ['empty', 'one', 'ten'] as const)
      Object.assign(figures, await measure(form, name, rounds));
  return figures;
}

async function measure(
  form: Form,
  name: keyof typeof pasts,
  rounds: number,
): Promise<Record<string, number>> {
  const { environments, rollouts } = pasts[name];
  const host = await openHost(form);
  try {
    const names = Array.from({ length: environments }, (_, n) => `env-${n}`);
    for (const environment of names) await deployTwice(host, environment);
    await killAgent(host.state);
    for (const environment of names)
      await addPast(host.state, { ...host, environment, rollouts: rollouts / environments });
    const first = await startAgent(host.state, form);
    const agent: number[] = [];
    const node: number[] = [];
    for (let round = 0; round < rounds; round++) {
      node.push(await startNode());
      await killAgent(host.state);
      agent.push(await startAgent(host.state, form));
    }
    return {
      [`${form}_${name}_first_ms`]: Math.round(first),
      [`${form}_${name}_ms`]: Math.round(median(agent)),
      [`${form}_${name}_least_ms`]: Math.round(least(agent)),
      [`${form}_${name}_node_ms`]: Math.round(median(node)),
    };
  } finally {
    await host.close();
  }
}
