import type { LogLineView, Progress } from '../api/contract.ts';
import type { Assembly } from '../assemble.ts';
import { secretsOf } from '../domain/secrets.ts';
import { problem } from '../errors.ts';
import { merge } from '../system/merge.ts';
import type { LogsInput } from '../wire/api.ts';
import type { Environments } from './environments.ts';
import { rolloutDetail } from './views/detail.ts';

type ObservedPool = Awaited<ReturnType<Assembly['runtime']['observe']>>[number];

export type Following = { readonly rollout: string; readonly signal: AbortSignal };

/** What happens in a rollout from its first event on, and at the end the whole of it. */
export async function* follow(
  assembly: Assembly,
  environments: Environments,
  { rollout, signal }: Following,
): AsyncIterable<Progress> {
  for (const environment of await environments.all()) {
    const progress = environment.follow(rollout, signal);
    if (progress) yield* progress;
  }
  if (!signal.aborted) yield { rollout: await rolloutDetail(assembly, rollout, assembly.clock.wall()) };
}

export type Reading = { readonly input: LogsInput; readonly signal: AbortSignal };

/** The output of what serves, or of one slot, secrets removed. */
export async function* logs(
  assembly: Assembly,
  environments: Environments,
  { input, signal }: Reading,
): AsyncIterable<LogLineView> {
  const environment = await environments.named(input.project, input.environment);
  if (!environment?.target) throw problem('NOT_DEPLOYED', { environment: input.environment });
  const slot = input.slot ?? environment.state.live?.slot;
  const pools = await assembly.runtime.observe(environment.target);
  const asked = pools.filter(({ pool }) => slot === undefined || pool.slot === slot);
  yield* merge(asked.map((pool) => linesOf(assembly, pool, { input, signal })));
}

async function* linesOf(
  assembly: Assembly,
  { pool, revision }: ObservedPool,
  { input, signal }: Reading,
): AsyncIterable<LogLineView> {
  const { release } = await assembly.stores.revisions.open(revision);
  const secrets = secretsOf(await assembly.stores.vault.open(revision), release.manifest.contract);
  const wish = { lines: input.lines, follow: input.follow, signal };
  for await (const { instance, text } of assembly.runtime.logs(pool, wish)) {
    yield { instance, slot: pool.slot, text: assembly.redact(text, secrets) };
  }
}
