import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentStatus, RolloutSummary } from '../../../packages/gonogo/src/api/contract.ts';
import { orphansOf } from '../support/orphans.ts';
import { askFront } from '../support/site.ts';
import type { Real } from './real.ts';
import { answerOf, keyOf, poolsOf, type World } from './world.ts';

/** How long the agent may take to see what has just ended, and to take away what nobody wants. */
const patience = 15_000;

/** Users are answered as the model says at once; everything else is so soon, and stays so. */
export async function agree(world: World, real: Real): Promise<void> {
  assert.equal(await answered(real), answerOf(world), 'users are answered by something else');
  if (world.agent === 'stopped') return;
  const expected = expectation(world);
  const deadline = performance.now() + patience;
  for (;;) {
    const seen = await look(real);
    if (JSON.stringify(seen) === JSON.stringify(expected)) return;
    if (performance.now() > deadline) assert.deepEqual(seen, expected);
    await sleep(100);
  }
}

/** `200 r1 red`, `503`, or `refused`. */
async function answered({ front }: Real): Promise<string> {
  const answer = front ? await askFront(front) : undefined;
  if (!answer) return 'refused';
  return answer.status === 200 ? `200 ${answer.text}` : String(answer.status);
}

type Seen = {
  readonly pools: readonly string[];
  readonly orphans: readonly string[];
  readonly proven: string | undefined;
  readonly history: readonly string[];
};

const expectation = (world: World): Seen => ({
  pools: poolsOf(world),
  orphans: [],
  proven: provenOf(world),
  history: world.history.map(({ kind, ending }) => `${kind} ${ending}`),
});

function provenOf({ proven }: World): string | undefined {
  const last = proven.findLast(({ withdrawn }) => !withdrawn);
  return last && keyOf(last.revision);
}

async function look(real: Real): Promise<Seen> {
  const [status] = await real.api.status({});
  const names = new Map([...real.revisions].map(([key, revision]) => [revision, key]));
  return {
    pools: poolsIn(status, names),
    orphans: await orphansOf(real.sandbox.root, real.api),
    proven: status?.proven && names.get(status.proven),
    history: await historyOf(real, status),
  };
}

const poolsIn = (
  status: EnvironmentStatus | undefined,
  names: ReadonlyMap<string, string>,
): readonly string[] =>
  (status?.slots ?? [])
    .map(({ role, pool, revision, instances }) => {
      const running = instances.filter(({ state }) => state === 'running').length;
      const ended = instances.length === running ? '' : ` and ${instances.length - running} ended`;
      return `${role} ${pool} ${running}${ended} ${names.get(revision) ?? revision}`;
    })
    .sort();

/** Oldest first. */
async function historyOf({ api }: Real, status: EnvironmentStatus | undefined): Promise<string[]> {
  if (!status) return [];
  const { project, environment, rollout } = status;
  const rollouts = await api.history({ project, environment, limit: 1000 });
  return rollouts.toReversed().map((one) => `${one.kind} ${endOf(one, rollout)}`);
}

const endOf = ({ id, ending }: RolloutSummary, last: RolloutSummary | undefined): string =>
  ending ?? (last?.id === id && last.waiting ? 'waiting' : 'running');
