import type { CheckResult } from '../domain/check.ts';
import { probeSpec } from '../domain/probe.ts';
import type { Probe } from '../domain/release.ts';
import type { Values } from '../domain/revision.ts';
import type { Checks } from './checks.ts';
import type { ObservedInstance, Runtime } from './runtime.ts';
import type { Gap, Vantage } from './vantage.ts';

export type Asked = {
  readonly name: string;
  readonly probe: Probe;
  /** Aborts the question; what it held is freed. */
  readonly signal: AbortSignal;
  /** What the instance was started with, for a command. */
  readonly values: Values;
  /** Removed from what is told of the answer. */
  readonly secrets: readonly string[];
  /** What must be answering, `shop@9f3c2a1`; absent: that is not asked. */
  readonly release?: string;
};

const here: Vantage = { from: 'this host', values: {}, cwd: '/' };

/** Asks one instance one probe, once: its port from here, a command where the instance runs. */
export async function askProbe(
  tools: { readonly checks: Checks; readonly runtime: Pick<Runtime, 'vantage'> },
  instance: ObservedInstance,
  { name, probe, release, values, ...how }: Asked,
): Promise<CheckResult> {
  const spec = probeSpec(name, probe, { ...instance, ...(release === undefined ? {} : { release }) });
  const at = 'run' in probe ? await tools.runtime.vantage(instance.id) : here;
  if ('gap' in at) return unanswered(name, at);
  const [result] = await tools.checks.run([spec], { ...at, values: { ...values, ...at.values } }, how);
  if (!result) throw new TypeError('the runner answered no result for one check');
  return result;
}

const unanswered = (name: string, { gap }: Gap): CheckResult => ({
  name,
  kind: 'run',
  verdict: 'unknown',
  ms: 0,
  attempts: 0,
  flaky: false,
  from: 'this host',
  saw: gap,
});
