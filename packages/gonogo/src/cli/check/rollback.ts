import { redact } from '../../checks/redact.ts';
import type { CheckPlan } from '../../config/project.ts';
import { secretsOf } from '../../domain/secrets.ts';
import { isProblem, messageOf, problem } from '../../errors.ts';
import { exec } from '../../system/exec.ts';
import { openAgent, whoAsks } from '../context.ts';
import type { Place } from './place.ts';

type RollBack = (place: Place) => Promise<void>;

/**
 * What `--rollback` does on NO-GO: the command of `rollback:`, else the agent's rollback of the environment.
 * Fails with USAGE when there is neither. What it answers with fails with ROLLBACK_FAILED.
 */
export function prepareRollback(plan: CheckPlan, environment: string | undefined): RollBack {
  if (plan.rollback) return runHook(plan, plan.rollback, environment);
  if (environment === undefined) {
    throw problem('USAGE', {
      what: '--rollback needs an environment, or a rollback: command in gonogo.yaml',
    });
  }
  return askAgent(plan, environment);
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** The hook is the user's own tool, so it runs with the user's own environment. */
function runHook(plan: CheckPlan, command: readonly string[], environment: string | undefined): RollBack {
  return async ({ vantage, values }) => {
    const named = environment ?? plan.service;
    say(`rolling back ${named}: ${command.join(' ')}`);
    const env = {
      ...shell(),
      ...(environment === undefined ? {} : { GONOGO_ENVIRONMENT: environment }),
      ...(vantage.base === undefined ? {} : { GONOGO_TARGET: vantage.base }),
    };
    try {
      const done = await exec(command, { cwd: plan.folder, env });
      say(redact(`${done.stdout}${done.stderr}`.trimEnd(), secretsOf(values, plan.contract)));
      if (done.code === 0) return say(`${named} was rolled back`);
      throw problem('ROLLBACK_FAILED', {
        environment: named,
        why: `${command[0]} ended with ${done.signal ?? `exit code ${done.code}`}`,
      });
    } catch (error) {
      throw failed(named, error);
    }
  };
}

const shell = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

function askAgent(plan: CheckPlan, environment: string): RollBack {
  return async () => {
    try {
      say(`rolling back ${environment}`);
      const api = await openAgent();
      const { rollout, left } = await api.rollback({ project: plan.id, environment, by: whoAsks() });
      for await (const _ of api.follow(rollout, AbortSignal.timeout(longest))) {
        // Only its end matters here; gonogo show tells the rest.
      }
      const { ending, why, release, previous } = await api.rollout({ id: rollout });
      if (left && ending === 'aborted') return say(`${environment} was taken back to ${previous}`);
      if (left || ending !== 'succeeded')
        throw problem('ROLLBACK_FAILED', { environment, why: why ?? ending ?? 'it did not end in time' });
      say(`${environment} was rolled back to ${release}`);
    } catch (error) {
      throw failed(environment, error);
    }
  };
}

/** The longest a rollback is waited for: a cold one starts instances and watches them. */
const longest = 30 * 60_000;

function failed(environment: string, error: unknown): Error {
  if (isProblem(error, 'ROLLBACK_FAILED')) return error;
  return problem('ROLLBACK_FAILED', { environment, why: messageOf(error) }, error);
}
