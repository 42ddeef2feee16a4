import { exec } from '../packages/gonogo/src/system/exec.ts';
import { build, gonogo } from './built.ts';

type Story = {
  readonly traffic: { readonly requests: number; readonly failed: number };
  readonly flips: readonly { readonly ms: number }[];
};

/** The demo, `--runs` times (5): requests and losses of all runs, and the median acknowledgement of all their flips. */
export async function demo(options: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  await build();
  const runs = Number(options.runs ?? 5);
  const stories: Story[] = [];
  for (let run = 1; run <= runs; run++) stories.push(await tell(run));
  const flips = stories.flatMap((story) => story.flips.map(({ ms }) => ms)).sort((a, b) => a - b);
  const sum = (of: (story: Story) => number): number =>
    stories.reduce((total, story) => total + of(story), 0);
  return {
    runs,
    requests: sum(({ traffic }) => traffic.requests),
    failed: sum(({ traffic }) => traffic.failed),
    flips: flips.length,
    flip_ms_p50: Math.round((flips[Math.floor(flips.length / 2)] ?? Number.NaN) * 10) / 10,
  };
}

async function tell(run: number): Promise<Story> {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/' };
  const { code, stdout, stderr } = await exec([process.execPath, gonogo, 'demo', '--format', 'json'], {
    cwd: '/',
    env,
  });
  const story = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Story;
  const { requests, failed } = story.traffic;
  console.log(`run ${run}: ${requests} requests, ${failed} failed, ${story.flips.length} flips`);
  if (code !== 0) throw new Error(`the demo's story did not hold (exit ${code}):\n${stderr}`);
  return story;
}
