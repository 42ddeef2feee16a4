import type { CheckResult } from '../domain/check.ts';
import type { Evidence } from '../ports/evidence.ts';
import { type Asked, askProbe } from '../ports/probe.ts';
import type { ObservedInstance } from '../ports/runtime.ts';
import { type Opened, releaseOf, type Tools } from './tools.ts';

/** Readiness as a revision has it: what answers must be this release. */
export const readinessOf = ({ revision, ...opened }: Opened, signal: AbortSignal): Asked => ({
  ...opened,
  name: 'readiness probe',
  probe: revision.release.manifest.health.ready,
  release: releaseOf(revision),
  signal,
});

/** How long an instance that fails a probe is left alone before it is asked again. */
const pause = 100;

/** What an instance answered to its readiness. */
export type Answered = { readonly instance: ObservedInstance; readonly answer: CheckResult };

/** Asks every instance that runs its readiness, as often as the probe tolerates failures. */
export async function askReadiness(
  tools: Pick<Tools, 'checks' | 'clock' | 'runtime'>,
  instances: readonly ObservedInstance[],
  asked: Asked,
): Promise<Answered[]> {
  const running = instances.filter((instance) => instance.state.is === 'running');
  return await Promise.all(
    running.map(async (instance) => ({ instance, answer: await askUntilItPasses(tools, instance, asked) })),
  );
}

export const thoseReady = (answered: readonly Answered[]): ObservedInstance[] =>
  answered.filter(({ answer }) => answer.verdict === 'pass').map(({ instance }) => instance);

export const answersOf = (answered: readonly Answered[]): Evidence => ({
  of: 'checks',
  results: answered.map(({ answer }) => answer),
});

async function askUntilItPasses(
  tools: Pick<Tools, 'checks' | 'clock' | 'runtime'>,
  instance: ObservedInstance,
  asked: Asked,
): Promise<CheckResult> {
  for (let attempts = 1; ; attempts++) {
    const result = await askProbe(tools, instance, asked);
    const flaky = result.verdict === 'pass' && attempts > 1;
    const answer = { ...result, subject: instance.id, attempts, flaky };
    if (answer.verdict === 'pass' || attempts >= asked.probe.failures || asked.signal.aborted) return answer;
    await tools.clock.sleep(pause, asked.signal);
  }
}

/** The identity gate: an answer counts only where one of the instance's own processes listens on its port. */
export async function fromItself(
  { runtime }: Pick<Tools, 'runtime'>,
  { id, port }: ObservedInstance,
  answer: CheckResult,
): Promise<CheckResult> {
  const listening = answer.verdict === 'pass' ? await runtime.listening(id, port) : undefined;
  if (listening === undefined) return answer;
  if (listening.length > 0) return { ...answer, saw: `${answer.saw}, and listens on port ${port} itself` };
  return {
    ...answer,
    verdict: 'fail',
    saw: `${answer.saw}, but none of its processes listens on port ${port}: somebody else answered`,
    hint: `see what else listens on port ${port}`,
    failure: 'stranger',
  };
}
