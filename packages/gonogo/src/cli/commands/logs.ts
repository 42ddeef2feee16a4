import { type Command, Option } from 'commander';
import {
  addCommand,
  type Configured,
  configOption,
  formatOption,
  type Reporting,
  wholeNumber,
} from '../options.ts';

type Options = Configured &
  Reporting & { readonly slot?: 'blue' | 'green'; readonly lines: number; readonly follow?: boolean };

/** `gonogo logs ENV` — the output of the instances, secrets removed. */
export const logs = {
  name: 'logs',
  summary: 'the output of the instances',
  register(program: Command): void {
    addCommand(program, logs)
      .argument('<environment>', 'where')
      .addOption(
        new Option('--slot <slot>', 'of this slot; default: the one that serves').choices(['blue', 'green']),
      )
      .option(
        '--lines <number>',
        'at most this many earlier lines of each instance',
        wholeNumber(0, 10_000),
        100,
      )
      .option('--follow', 'and whatever comes, until Ctrl-C')
      .addOption(configOption())
      .addOption(formatOption())
      .action(run);
  },
};

async function run(environment: string, options: Options): Promise<void> {
  const { findPlace, openAgent } = await import('../context.ts');
  const { print, printJson } = await import('../output.ts');
  const { paletteFor } = await import('../print/palette.ts');
  const { dim } = paletteFor(process.stdout);
  const { config, format, slot, lines, follow = false } = options;
  const project = (await findPlace(config, environment)).project.id;
  const leave = new AbortController();
  process.once('SIGINT', () => leave.abort());
  const input = { project, environment, lines, follow, ...(slot ? { slot } : {}) };
  for await (const line of (await openAgent()).logs(input, leave.signal)) {
    if (format === 'json') printJson(line);
    else print(`${dim(`${line.slot} ${line.instance}`)}  ${line.text}`);
    if (process.stdout.writableNeedDrain)
      await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}
