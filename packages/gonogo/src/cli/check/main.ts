import type { Report } from '../../checks/report/report.ts';
import { checkRunner } from '../../checks/run.ts';
import { loadCheckPlan } from '../../config/load.ts';
import type { CheckPlan } from '../../config/project.ts';
import type { CheckResult } from '../../domain/check.ts';
import { secretsOf } from '../../domain/secrets.ts';
import { decisionOf } from '../../domain/verdict.ts';
import { type Place, placeOf } from './place.ts';
import { type Format, render } from './print.ts';
import { type Progress, progressLine } from './progress.ts';
import { type Asked, askedOf } from './suite.ts';

export type CheckOptions = {
  readonly url?: string;
  readonly tag?: readonly string[];
  readonly rollback?: boolean;
  readonly config: string;
  readonly format: Format;
};

/** Asks everything, prints the verdict, acts on NO-GO if it was told to; answers the exit code. */
export async function runCheck(environment: string | undefined, options: CheckOptions): Promise<0 | 1> {
  const plan = await loadCheckPlan(options.config);
  const rollBack = options.rollback ? await rollbackOf(plan, environment) : undefined;
  const place = await placeOf(plan, environment, options.url);
  const results = await askAll(plan, place, askedOf(plan, place, options.tag));
  const decision = decisionOf(results.map(({ verdict }) => verdict));
  const report: Report = { subject: place.subject, decision, results };
  process.stdout.write(await render(report, options.format));
  if (decision === 'NO-GO' && rollBack) await rollBack(place);
  return decision === 'GO' ? 0 : 1;
}

/** What a NO-GO will do is settled before anything is asked, so that a NO-GO cannot end in a usage error. */
async function rollbackOf(
  plan: CheckPlan,
  environment: string | undefined,
): Promise<(place: Place) => Promise<void>> {
  const { prepareRollback } = await import('./rollback.ts');
  return prepareRollback(plan, environment);
}

async function askAll(plan: CheckPlan, place: Place, asked: readonly Asked[]): Promise<CheckResult[]> {
  const secrets = secretsOf(place.values, plan.contract);
  const runner = checkRunner();
  const total = asked.reduce((sum, { specs }) => sum + specs.length, 0);
  const progress: Progress = progressLine(process.stderr, total);
  const { signal, release } = interruption();
  try {
    const options = { secrets, signal, onResult: progress.step };
    const groups = await Promise.all(asked.map(({ specs, at }) => runner.run(specs, at, options)));
    return groups.flat();
  } finally {
    progress.clear();
    release();
  }
}

/** Ctrl-C ends what is under way: what was not answered is unknown, and unknown is NO-GO. */
function interruption(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}
