import { type Command, Option } from 'commander';

/** `gonogo demo` — the whole story on this machine, with live traffic, nothing to install. */
export const demo = {
  name: 'demo',
  summary: 'tells the whole story on this machine, with live traffic, in about a minute',
  register(program: Command): void {
    program
      .command(demo.name)
      .description(demo.summary)
      .addOption(
        new Option('--format <format>', 'how it reports').choices(['pretty', 'json']).default('pretty'),
      )
      .action(async ({ format }: { format: 'pretty' | 'json' }) => {
        process.exitCode = await play(format);
      });
  },
};

/** Ctrl-C and a closed terminal end the demo as its own end does: with nothing left. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function play(format: 'pretty' | 'json'): Promise<number> {
  const { runDemo } = await import('../demo/main.ts');
  const { narrator } = await import('../demo/narrator.ts');
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort();
  for (const signal of endings) process.on(signal, stop);
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
