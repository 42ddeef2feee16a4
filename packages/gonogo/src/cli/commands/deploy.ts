import type { Command } from 'commander';
import { addCommand, configOption, formatOption } from '../options.ts';
import type { DeployOptions } from '../rollout/deploy.ts';

/** `gonogo deploy ENV` — exit 0 GO, 1 NO-GO, 3 when putting it back failed, 4 when it was left running. */
export const deploy = {
  name: 'deploy',
  summary: 'takes a release live in an environment, and puts the old one back when it is a mistake',
  register(program: Command): void {
    addCommand(program, deploy)
      .argument('<environment>', 'where to')
      .option('--plan', 'print what would be done, step by step, and change nothing')
      .option('--detach', 'start the rollout, print its id, and do not wait for its verdict')
      .addOption(configOption())
      .addOption(formatOption())
      .action(async (environment: string, options: DeployOptions) => {
        const { runDeploy } = await import('../rollout/deploy.ts');
        process.exitCode = await runDeploy(environment, options);
      });
  },
};
