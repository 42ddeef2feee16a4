import type { Command } from 'commander';
import {
  addCommand,
  type Configured,
  configOption,
  formatOption,
  type Reporting,
  wholeNumber,
} from '../options.ts';

type Options = Configured & Reporting & { readonly limit: number };

/** `gonogo history ENV` — the rollouts of an environment, newest first. */
export const history = {
  name: 'history',
  summary: 'the rollouts of an environment, newest first',
  register(program: Command): void {
    addCommand(program, history)
      .argument('<environment>', 'where')
      .option('--limit <number>', 'at most this many', wholeNumber(1, 10_000), 20)
      .addOption(configOption())
      .addOption(formatOption())
      .action(run);
  },
};

async function run(environment: string, { config, format, limit }: Options): Promise<void> {
  const { findPlace, openAgent } = await import('../context.ts');
  const { print, printJson } = await import('../output.ts');
  const project = (await findPlace(config, environment)).project.id;
  const rollouts = await (await openAgent()).history({ project, environment, limit });
  if (format === 'json') return printJson(rollouts);
  const { paletteFor } = await import('../print/palette.ts');
  const { historyLines } = await import('../print/history.ts');
  print(...historyLines(rollouts, Date.now(), paletteFor(process.stdout)));
}
