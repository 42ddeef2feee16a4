import type { RolloutDetail } from '../../api/contract.ts';
import type { Address } from '../../domain/environment.ts';
import { messageOf } from '../../errors.ts';
import { runRollout } from './gonogo.ts';
import type { Narrator } from './narrator.ts';
import { duration, progressLines, verdictLines } from './progress.ts';
import type { Stage } from './stage.ts';
import type { Chapter, Told } from './story.ts';

export type Play = { readonly stage: Stage; readonly narrator: Narrator; readonly signal: AbortSignal };

/** Plays one chapter with the real commands, and looks at what users get afterwards. */
export async function playChapter(play: Play, chapter: Chapter): Promise<Told> {
  if (chapter.act === 'deploy') await play.stage.project.checkOut(chapter.version);
  const rehearsal = chapter.rehearsed ? await command(play, ['deploy', 'staging']) : undefined;
  const begun = performance.now();
  const rollout = await command(play, [chapter.act, 'production']);
  const ms = performance.now() - begun;
  return {
    chapter,
    ms,
    rollout,
    ...(rehearsal ? { rehearsal } : {}),
    served: await servedVersion(rollout.front, play.signal),
  };
}

async function command({ stage, narrator, signal }: Play, args: readonly string[]): Promise<RolloutDetail> {
  const begun = performance.now();
  const tell = progressLines(() => performance.now());
  narrator.line(`\n$ gonogo ${args.join(' ')}`);
  const rollout = await runRollout({
    args,
    signal,
    state: stage.state,
    config: stage.project.config,
    folder: stage.project.folder,
    onProgress: (progress) => {
      for (const line of tell(progress)) narrator.line(line);
    },
  });
  for (const line of verdictLines(rollout)) narrator.line(line);
  narrator.line(`       after ${duration(performance.now() - begun)}`);
  return rollout;
}

/** The version that answers at the front, or what happened instead. */
async function servedVersion(front: Address | undefined, signal: AbortSignal): Promise<string> {
  if (!front) return 'no front';
  try {
    const response = await fetch(`http://${front.host}:${front.port}/api/v1/status`, {
      headers: { connection: 'close' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
    });
    const { version } = (await response.json()) as { version?: string };
    return version ?? `status ${response.status}`;
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error);
  }
}
