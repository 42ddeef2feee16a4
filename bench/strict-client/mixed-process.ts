import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type MixedOptions, type MixedSummary, startMixedLoad } from './mixed.ts';

/** `startMixedLoad` in a process of its own, so that what is measured meanwhile does not wait for the users' work. */
export async function spawnMixedLoad(options: MixedOptions): Promise<{ stop(): Promise<MixedSummary> }> {
  const child = fork(import.meta.filename, [JSON.stringify(options)], {
    env: { PATH: process.env.PATH ?? '' },
  });
  await once(child, 'message');
  return {
    stop: async () => {
      const ended = once(child, 'exit');
      const told = once(child, 'message');
      child.send('stop');
      const [summary] = (await told) as [MixedSummary];
      await ended;
      return summary;
    },
  };
}

if (process.send && process.argv[1] === import.meta.filename) {
  const load = await startMixedLoad(JSON.parse(process.argv[2] ?? '') as MixedOptions);
  process.send('begun');
  await once(process, 'message');
  const summary = await load.stop();
  process.send(summary, () => process.exit(0));
}
