import type { RolloutDetail } from '../../api/contract.ts';
import type { Address } from '../../domain/environment.ts';
import { messageOf } from '../../errors.ts';
import { advance, noSteps } from '../print/steps.ts';
import { verdictLines } from '../print/verdict.ts';
import { runRollout } from './gonogo.ts';
import type { Narrator } from './narrator.ts';
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
  const { palette } = narrator;
  let view = noSteps;
  narrator.line(palette.bold(`\n$ gonogo ${args.join(' ')}`));
  const rollout = await runRollout({
    args,
    signal,
    state: stage.state,
    config: stage.project.config,
    folder: stage.project.folder,
    onProgress: (progress) => {
      const [next, lines] = advance(view, progress, palette);
      view = next;
      for (const line of lines) narrator.line(line);
    },
  });
  for (const line of verdictLines(rollout, palette)) narrator.line(line);
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
