import { problem } from '../../errors.ts';
import type { Narrator } from './narrator.ts';
import { playChapter } from './play.ts';
import { type Stage, setStage } from './stage.ts';
import { story, type Told } from './story.ts';
import { lossesText, rateOf, summaryJson, summaryLines, type TrafficCounts, whatBroke } from './summary.ts';
import { startTraffic, type Traffic } from './traffic.ts';
import { numberOf } from './versions.ts';

export type Demo = { readonly narrator: Narrator; readonly signal: AbortSignal };

/** What the demo came to: the line for programs, and everything in which the story did not hold. */
export type Ended = { readonly json: string; readonly broke: readonly string[] };

/**
 * The founding story on this machine, from an empty folder to an empty folder: it leaves no process and no file,
 * however it ends. Rejects with the signal's reason when it is aborted.
 */
export async function runDemo(demo: Demo): Promise<Ended> {
  const stage = await setStage();
  let told: readonly Told[] = [];
  let traffic: TrafficCounts | undefined;
  let stayed: readonly string[] = [];
  try {
    ({ told, traffic } = await tellStory(demo, stage));
  } finally {
    stayed = await stage.close();
  }
  demo.narrator.heading('The story in short');
  for (const line of summaryLines(told, traffic)) demo.narrator.line(line);
  const broke = [
    ...whatBroke(told, traffic),
    ...stayed.map((command) => `it had to be ended by force: ${command}`),
  ];
  for (const sentence of broke) demo.narrator.line(`✗ ${sentence}`);
  if (broke.length === 0)
    demo.narrator.line('\n✓ the story held: every verdict as told, and not one request was lost');
  return { json: summaryJson(told, traffic), broke };
}

async function tellStory(
  demo: Demo,
  stage: Stage,
): Promise<{ told: readonly Told[]; traffic: TrafficCounts }> {
  const told: Told[] = [];
  let traffic: Traffic | undefined;
  try {
    for (const [index, chapter] of story.entries()) {
      demo.narrator.heading(`${index + 1}. ${chapter.title}`);
      demo.narrator.paragraph(chapter.text);
      const chapterTold = await playChapter({ ...demo, stage }, chapter);
      told.push(chapterTold);
      if (traffic) demo.narrator.line(trafficLine(traffic.counts()));
      traffic ??= beginTraffic(demo, chapterTold);
    }
    if (!traffic) throw problem('INTERNAL', { what: 'the story has no chapters' });
    return { told, traffic: await traffic.stop() };
  } finally {
    await traffic?.stop();
    demo.narrator.end();
  }
}

/** Users come as soon as v1 is live, and stay until the end. */
function beginTraffic({ narrator }: Demo, { rollout }: Told): Traffic {
  if (!rollout.front || rollout.verdict !== 'GO') {
    throw problem('INTERNAL', {
      what: `v1 did not go live: ${rollout.why ?? rollout.failedStep ?? 'no reason'}`,
    });
  }
  const traffic = startTraffic({ front: rollout.front, badVersion: numberOf('v5') });
  traffic.onCounts((counts) => narrator.live(trafficLine(counts)));
  narrator.paragraph(arrival);
  return traffic;
}

const arrival =
  'Users arrive. From now to the end they make about 300 requests a second, reading and ordering, on connections that stay and on connections for one request only. They forgive nothing: no request is asked twice.';

function trafficLine(counts: TrafficCounts): string {
  const { requests, failed, fromBadRelease } = counts;
  const losses = failed > 0 ? ` (${lossesText(counts)})` : '';
  const bad = fromBadRelease > 0 ? `, ${fromBadRelease} error answers from v5` : '';
  return `users: ${requests} requests, ${Math.floor(rateOf(counts))} a second, ${failed} failed${losses}${bad}`;
}
