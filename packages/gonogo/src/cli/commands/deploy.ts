import { type Command, Option } from 'commander';
import { addCommand, addRolloutOptions } from '../options.ts';
import type { DeployOptions } from '../rollout/deploy.ts';

/** `gonogo deploy ENV` — exit 0 GO, 1 NO-GO, 3 when putting it back failed, 4 when it waits or was left running. */
export const deploy = {
  name: 'deploy',
  summary: 'takes a release live in an environment, and puts the old one back when it is a mistake',
  register(program: Command): void {
    const command = addCommand(program, deploy)
      .argument('<environment>', 'where to')
      .option('--release <release>', 'one that was built before: shop@9f3c2a1, or its digits; default: build')
      .addOption(
        new Option('--env <source>', 'current: in the variables of what serves now').choices(['current']),
      );
    addRolloutOptions(command).action(async (environment: string, options: DeployOptions) => {
      const { runDeploy } = await import('../rollout/deploy.ts');
      process.exitCode = await runDeploy(environment, options);
    });
  },
};
