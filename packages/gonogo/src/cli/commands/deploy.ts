import { type Command, Option } from 'commander';
import { addCommand, configOption, formatOption } from '../options.ts';
import type { DeployOptions } from '../rollout/deploy.ts';

/** `gonogo deploy ENV` — exit 0 GO, 1 NO-GO, 3 when putting it back failed, 4 when it waits or was left running. */
export const deploy = {
  name: 'deploy',
  summary: 'takes a release live in an environment, and puts the old one back when it is a mistake',
  register(program: Command): void {
    addCommand(program, deploy)
      .argument('<environment>', 'where to')
      .option('--release <release>', 'one that was built before: shop@9f3c2a1, or its digits; default: build')
      .option('--plan', 'print what would be done, step by step, and change nothing')
      .option('--plan-id <id>', 'do what this plan said, and refuse when that is not what would be done now')
      .addOption(
        new Option('--env <source>', 'current: in the variables of what serves now').choices(['current']),
      )
      .option('--no-wait', 'end with exit code 4, instead of waiting, when the rollout waits for approval')
      .option('--detach', 'start the rollout, print its id, and do not wait for its verdict')
      .addOption(configOption())
      .addOption(formatOption())
      .action(async (environment: string, options: DeployOptions) => {
        const { runDeploy } = await import('../rollout/deploy.ts');
        process.exitCode = await runDeploy(environment, options);
      });
  },
};
