import type { Command } from 'commander';
import { addCommand, formatOption, type Reporting } from '../options.ts';

type Options = Reporting & { readonly follow?: boolean };

/** `gonogo show ROLLOUT` — one rollout with all its evidence; with `--follow`, live to its verdict and exit code. */
export const show = {
  name: 'show',
  summary: 'one rollout with all its evidence',
  register(program: Command): void {
    addCommand(program, show)
      .argument('<rollout>', 'its id, as history lists it')
      .option('--follow', 'tell it live to its verdict; the exit code is then that of a deploy')
      .addOption(formatOption())
      .action(run);
  },
};

async function run(id: string, { format, follow }: Options): Promise<void> {
  const { openAgent } = await import('../context.ts');
  const agent = await openAgent();
  const rollout = await agent.rollout({ id });
  if (follow) {
    process.exitCode = await tell(id, { environment: rollout.environment, format });
    return;
  }
  const { print, printJson } = await import('../output.ts');
  if (format === 'json') return printJson(rollout);
  const { paletteFor } = await import('../print/palette.ts');
  const { showLines } = await import('../print/show.ts');
  print(...showLines(rollout, Date.now(), paletteFor(process.stdout)));
}

type Telling = { readonly environment: string; readonly format: Reporting['format'] };

/** Here Ctrl-C only leaves: the rollout is another command's. */
async function tell(id: string, { environment, format }: Telling): Promise<number> {
  const { openAgent } = await import('../context.ts');
  const { followRollout } = await import('../rollout/follow.ts');
  const { exitCodeOf } = await import('../rollout/run.ts');
  const { openScreen } = await import('../rollout/screen.ts');
  const screen = openScreen(format);
  const leave = new AbortController();
  process.once('SIGINT', () => leave.abort());
  try {
    const following = { environment, signal: leave.signal, onProgress: screen.progress };
    const rollout = await followRollout(await openAgent(), id, following);
    if (!rollout) return 4;
    screen.verdict(rollout);
    return exitCodeOf(rollout);
  } finally {
    screen.close();
  }
}
