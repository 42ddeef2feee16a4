import type { Command } from 'commander';
import { addCommand, type Format, formatOption } from '../options.ts';
import { goOnWhenOutputCloses } from '../output.ts';

/** `gonogo demo` — the whole story on this machine, with live traffic, nothing to install. */
export const demo = {
  name: 'demo',
  summary: 'the whole story on this machine, with live traffic',
  register(program: Command): void {
    addCommand(program, demo)
      .addOption(formatOption())
      .action(async ({ format }: { format: Format }) => {
        process.exitCode = await play(format);
      });
  },
};

/** Ctrl-C and a closed terminal end the demo as its own end does: with nothing left. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function play(format: Format): Promise<number> {
  const { runDemo } = await import('../demo/main.ts');
  const { narrator } = await import('../demo/narrator.ts');
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort();
  for (const signal of endings) process.on(signal, stop);
  // A reader that went ends the story too, and not the process before it has put everything away.
  goOnWhenOutputCloses();
  for (const stream of [process.stdout, process.stderr]) stream.on('error', stop);
  try {
    // With json, standard output is for programs: the story goes to standard error.
    const out = format === 'json' ? process.stderr : process.stdout;
    const { json, broke } = await runDemo({ narrator: narrator(out), signal: interrupted.signal });
    if (format === 'json') process.stdout.write(`${json}\n`);
    return broke.length === 0 ? 0 : 1;
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    process.stderr.write('interrupted; everything the demo started was stopped and removed\n');
    return 130;
  } finally {
    for (const signal of endings) process.off(signal, stop);
  }
}
