import { type Asked, askProbe } from '../ports/probe.ts';
import type { ObservedInstance } from '../ports/runtime.ts';
import { type Opened, releaseOf, type Tools } from './tools.ts';

/** Readiness as a revision has it: what answers must be this release. */
export const readinessOf = ({ revision, ...opened }: Opened, signal: AbortSignal): Asked => ({
  ...opened,
  name: 'ready',
  probe: revision.release.manifest.health.ready,
  release: releaseOf(revision),
  signal,
});

/** How long an instance that fails a probe is left alone before it is asked again. */
const pause = 100;

/** Asks every instance its readiness, as often as the probe tolerates failures; answers those that passed. */
export async function readyNow(
  tools: Pick<Tools, 'checks' | 'clock' | 'runtime'>,
  instances: readonly ObservedInstance[],
  asked: Asked,
): Promise<ObservedInstance[]> {
  const running = instances.filter((instance) => instance.state.is === 'running');
  const passed = await Promise.all(running.map((instance) => passesSoon(tools, instance, asked)));
  return running.filter((_, index) => passed[index]);
}

async function passesSoon(
  tools: Pick<Tools, 'checks' | 'clock' | 'runtime'>,
  instance: ObservedInstance,
  asked: Asked,
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const { verdict } = await askProbe(tools, instance, asked);
    if (verdict === 'pass') return true;
    if (attempt >= asked.probe.failures || asked.signal.aborted) return false;
    await tools.clock.sleep(pause, asked.signal);
  }
}

/** The identity gate: what answers on the instance's port is one of the instance's own processes. */
export async function answersItself(
  { runtime }: Pick<Tools, 'runtime'>,
  { id, port }: ObservedInstance,
): Promise<boolean> {
  const listening = await runtime.listening(id, port);
  return listening === undefined || listening.length > 0;
}
