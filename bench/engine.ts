import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '../packages/gonogo/src/api/client.ts';
import type { Event } from '../packages/gonogo/src/domain/event.ts';
import { build } from './built.ts';
import { least, median, rounded } from './host/figures.ts';
import { atRest, deployTwice, type Host, openHost } from './host/host.ts';
import { startNode } from './host/start.ts';

const environment = 'production';

/** An instance that is ready at once, and writes down when each request came in (wall clock), one a line. */
const server = `
import http from 'node:http';
import { appendFileSync } from 'node:fs';
const server = http.createServer((request, response) => {
  if (process.env.RECORD) appendFileSync(process.env.RECORD, performance.timeOrigin + performance.now() + '\\n');
  response.end('one');
});
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

/** The pause between the two passes of readiness that make an instance ready (steps/ready.ts). */
const pauseBetweenPasses = 25;

/**
 * What gonogo itself takes of a blue/green deploy: from the call of the API's `deploy` until the event `ended` comes
 * out of its progress, less the time in which the engine only waits for the application or for a probe's period. That
 * is from the beginning of the step `ready` until the first probe that the instance answers, by the instance's own
 * record, and the pause between two passes of readiness. What the engine does while the application starts, before
 * `ready`, is not taken off. The built agent and a real instance that is ready once Node.js has started; no watch, no
 * keep, no checks. Milliseconds, medians of `--rounds` (15): the whole, what was waited, what is left, and what is left
 * in each part; beside them `node -e 0`, and the least overhead of a round.
 */
export async function engine(options: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  await build();
  const host = await openHost('built', server);
  try {
    await deployTwice(host, environment);
    const rounds: Record<string, number>[] = [];
    for (let round = 0; round < Number(options.rounds ?? 15); round++)
      rounds.push(await measure(host, round));
    const names = Object.keys(rounds[0] ?? {});
    const of = (name: string): number[] => rounds.map((one) => one[name] ?? Number.NaN);
    const medians = names.map((name) => [name, rounded(median(of(name)))] as const);
    return { ...Object.fromEntries(medians), overhead_least_ms: rounded(least(of('overhead_ms'))) };
  } finally {
    await host.close();
  }
}

async function measure(host: Host, round: number): Promise<Record<string, number>> {
  const record = join(host.folder, `record-${round}`);
  const api = await host.agent();
  const input = host.input(environment, { RECORD: record });
  const called = wall();
  const { rollout } = await api.deploy(input);
  const events = await follow(api, rollout);
  const ended = wall();
  const asked = (await readFile(record, 'utf8')).trim().split('\n').map(Number);
  const waited = waits(events, asked);
  await atRest(api, host.project, environment);
  const total = ended - called;
  return {
    total_ms: total,
    waited_ms: waited,
    overhead_ms: total - waited,
    ...parts(events, { called, ended, waited }),
    node_ms: await startNode(),
  };
}

const wall = (): number => performance.timeOrigin + performance.now();

async function follow(api: Client, rollout: string): Promise<Event[]> {
  const events: Event[] = [];
  for await (const progress of api.follow(rollout, AbortSignal.timeout(60_000))) {
    if (!('event' in progress)) continue;
    events.push(progress.event);
    if (progress.event.e !== 'ended') continue;
    if (progress.event.as !== 'succeeded') throw new Error(`${rollout} ended ${progress.event.as}`);
    return events;
  }
  throw new Error(`${rollout} did not end within a minute`);
}

/** From the beginning of `ready` to the first probe that an instance answers, and the pause before the second pass. */
function waits(events: readonly Event[], asked: readonly number[]): number {
  const begun = events.find((event) => event.e === 'intended' && event.intent.step === 'ready')?.at;
  const [first = Number.NaN] = asked;
  return first - (begun ?? Number.NaN) + pauseBetweenPasses;
}

type Measured = { readonly called: number; readonly ended: number; readonly waited: number };

/** By step, from the intent to the outcome, both made durable; a step's next intent comes with the outcome before it. */
function parts(events: readonly Event[], { called, ended, waited }: Measured): Record<string, number> {
  const begun = new Map<string, number>();
  const found: Record<string, number> = {};
  for (const event of events) {
    if (event.e === 'planned') found.plan_ms = event.at - called;
    if (event.e === 'intended') begun.set(event.intent.key, event.at);
    if (event.e !== 'settled') continue;
    const step = event.key.split('/')[1] ?? '';
    found[`${step}_ms`] = event.at - (begun.get(event.key) ?? Number.NaN) - (step === 'ready' ? waited : 0);
  }
  return { ...found, told_ms: ended - (events.at(-1)?.at ?? Number.NaN) };
}
