import type { Command } from 'commander';
import { addCommand, addRolloutOptions } from '../options.ts';
import type { RolloutOptions } from '../rollout/deploy.ts';

/** `gonogo promote FROM TO` — exit codes as of a deploy. */
export const promote = {
  name: 'promote',
  summary: 'deploys to one environment the exact release that is proven in another',
  register(program: Command): void {
    const command = addCommand(program, promote)
      .argument('<from>', 'where it is proven')
      .argument('<to>', 'where it goes');
    addRolloutOptions(command).action(async (from: string, to: string, options: RolloutOptions) => {
      const { runPromote } = await import('../rollout/deploy.ts');
      process.exitCode = await runPromote(from, to, options);
    });
  },
};
