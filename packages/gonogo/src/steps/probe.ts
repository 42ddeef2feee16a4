import type { CheckResult } from '../domain/check.ts';
import { probeSpec } from '../domain/probe.ts';
import type { Probe } from '../domain/release.ts';
import type { ObservedInstance } from '../ports/runtime.ts';
import type { Tools } from './tools.ts';

export type Asked = {
  readonly name: string;
  readonly probe: Probe;
  readonly signal: AbortSignal;
  /** What must be answering, `shop@9f3c2a1`. */
  readonly release: string;
};

/** Asks one instance one probe, once. */
export async function askProbe(
  tools: Pick<Tools, 'checks'>,
  instance: ObservedInstance,
  { name, probe, signal, release }: Asked,
): Promise<CheckResult> {
  const vantage = { from: 'this host', values: {}, cwd: '/' };
  const [result] = await tools.checks.run([probeSpec(name, probe, { ...instance, release })], vantage, {
    secrets: [],
    signal,
  });
  if (!result) throw new TypeError('the runner answered no result for one check');
  return result;
}

/** How long an instance that fails a probe is left alone before it is asked again. */
const pause = 100;

/** Asks every instance its readiness, as often as the probe tolerates failures; answers those that passed. */
export async function readyNow(
  tools: Pick<Tools, 'checks' | 'clock'>,
  instances: readonly ObservedInstance[],
  asked: Asked,
): Promise<ObservedInstance[]> {
  const running = instances.filter((instance) => instance.state.is === 'running');
  const passed = await Promise.all(running.map((instance) => passesSoon(tools, instance, asked)));
  return running.filter((_, index) => passed[index]);
}

async function passesSoon(
  tools: Pick<Tools, 'checks' | 'clock'>,
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
