import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, connectApi } from '../../../packages/gonogo/src/api/client.ts';
import type { Progress } from '../../../packages/gonogo/src/api/contract.ts';
import type { Address } from '../../../packages/gonogo/src/domain/environment.ts';
import type { RolloutSpec } from '../../../packages/gonogo/src/domain/event.ts';
import type { Done } from '../support/command.ts';
import { type Keeping, makeSandbox, type Sandbox } from '../support/sandbox.ts';
import { writeSite } from '../support/site.ts';
import { siteOf, type Values, type Wish } from './wish.ts';
import { keyOf, type Revision } from './world.ts';

/** The real thing: the command line, its agent, and the processes that these start. */
export type Real = {
  readonly sandbox: Sandbox;
  readonly api: Client;
  /** The revision that the agent gave each of ours, by `keyOf`. */
  readonly revisions: Map<string, string>;
  readonly tell: (line: string) => void;
  front?: Address;
};

export async function openReal(t: Keeping, tell: Real['tell']): Promise<Real> {
  const sandbox = await makeSandbox(t);
  await writeFile(join(sandbox.root, 'database'), 'fine');
  await writeSite(sandbox);
  return { sandbox, api: connectApi(sandbox.state.agentSocket), revisions: new Map(), tell };
}

export const valuesOf = ({ root }: Sandbox, COLOUR: string): Values => ({
  COLOUR,
  DATABASE: join(root, 'database'),
  LOCK: join(root, 'lock'),
  WORD: join(root, 'word'),
});

/** Runs `gonogo` and proves its exit code. */
export async function gonogo(
  real: Real,
  args: readonly string[],
  expect: { readonly code: number; readonly colour?: string },
): Promise<Done> {
  real.tell(`gonogo ${args.join(' ')}`);
  const done = await real.sandbox.run(args, { env: valuesOf(real.sandbox, expect.colour ?? 'red') });
  // The whole of what it told is long; its end says how it went.
  assert.equal(done.code, expect.code, `gonogo ${args.join(' ')}: … ${done.said().slice(-3000)}`);
  return done;
}

export const write = (real: Real, wish: Wish, { says, watch }: { says: string; watch?: string }) =>
  writeSite(real.sandbox, siteOf(wish, says, watch));

/** What a command that started a rollout said of it; undefined when it started none. */
export function plannedBy(done: Done): RolloutSpec | undefined {
  for (const line of done.stdout.split('\n')) {
    if (!line.startsWith('{')) continue;
    const progress = JSON.parse(line) as Progress;
    if ('event' in progress && progress.event.e === 'planned') return progress.event.spec;
  }
  return undefined;
}

/** What a rollout is about, as its first event says. */
export async function specOf({ api }: Real, id: string): Promise<RolloutSpec> {
  const [first] = (await api.rollout({ id })).events;
  assert.ok(first?.e === 'planned', `${id} begins with ${first?.e}`);
  return first.spec;
}

/** Remembers what the agent calls a revision; one revision has one name for ever. */
export function learn(real: Real, revision: Revision, spec: RolloutSpec): void {
  const known = real.revisions.get(keyOf(revision));
  assert.equal(spec.next.revision, known ?? spec.next.revision, `another name for ${keyOf(revision)}`);
  real.revisions.set(keyOf(revision), spec.next.revision);
  real.front = spec.front;
}
