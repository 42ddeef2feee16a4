import type { Command } from 'commander';
import type { CheckOptions } from '../check/main.ts';

const formats = ['pretty', 'json', 'junit', 'tap', 'github'] as const;

/** `gonogo check [ENV]` — the contract and the checks, asked from this process; exit 0 GO, 1 NO-GO. */
export const check = {
  name: 'check',
  summary: 'runs the contract and the checks against an environment or a URL, and prints the verdict',
  register(program: Command): void {
    program
      .command(check.name)
      .description(check.summary)
      .argument('[environment]', 'whose values to use, and whose front to ask')
      .option('--url <url>', 'ask this address instead of the environment’s front')
      .option('--tag <tag...>', 'only the checks with one of these tags')
      .option('--rollback', 'on NO-GO run rollback: of gonogo.yaml, or else roll the environment back')
      .option('--config <file>', 'the configuration', 'gonogo.yaml')
      .addOption(
        program.createOption('--format <format>', 'how it reports').choices(formats).default('pretty'),
      )
      .action(async (environment: string | undefined, options: CheckOptions) => {
        const { runCheck } = await import('../check/main.ts');
        process.exitCode = await runCheck(environment, options);
      });
  },
};
