import type { Command } from 'commander';
import { addCommand, configOption, formatOption } from '../options.ts';
import type { RolloutOptions } from '../rollout/deploy.ts';

/** `gonogo promote FROM TO` — exit codes as of a deploy. */
export const promote = {
  name: 'promote',
  summary: 'deploys to one environment the exact release that is proven in another',
  register(program: Command): void {
    addCommand(program, promote)
      .argument('<from>', 'where it is proven')
      .argument('<to>', 'where it goes')
      .option('--plan', 'print what would be done, step by step, and change nothing')
      .option('--no-wait', 'end with exit code 4, instead of waiting, when the rollout waits for approval')
      .option('--detach', 'start the rollout, print its id, and do not wait for its verdict')
      .addOption(configOption())
      .addOption(formatOption())
      .action(async (from: string, to: string, options: RolloutOptions) => {
        const { runPromote } = await import('../rollout/deploy.ts');
        process.exitCode = await runPromote(from, to, options);
      });
  },
};
