import type { Millis } from '../../domain/units.ts';
import { problem } from '../../errors.ts';
import { isAlive, signalGroup } from '../../system/process.ts';
import { type Group, membersOf, signalMembers } from './group.ts';
import { removeRecord } from './records.ts';
import type { ProcessTools } from './tools.ts';
import type { Found } from './world.ts';

/** After SIGKILL the kernel needs a moment; longer than this and the process hangs in the kernel. */
const killWithin: Millis = 10_000;

export type StopWish = { readonly grace: Millis; readonly signal?: AbortSignal };

/** Ends an instance and forgets it; its output stays for a while. */
export async function stop(tools: ProcessTools, found: Found, wish: StopWish): Promise<void> {
  await end(tools, found, wish);
  await forget(tools, found);
}

/**
 * SIGTERM to the process group, `grace`, SIGKILL to the group; resolves when nothing of it lives, descendants that
 * outlived their leader included.
 */
export async function end(tools: ProcessTools, found: Found, wish: StopWish): Promise<void> {
  const group: Group = { leader: found.process, launch: found.id };
  const ours = isAlive(found.process) || membersOf(group, false).length > 0;
  if (ours) {
    await terminate(tools, found);
    const gone = await untilGone(tools, group, { ...wish, within: wish.grace });
    if (!gone) signalMembers(group, 'SIGKILL', true);
    if (!gone && !(await untilGone(tools, group, { within: killWithin })))
      throw problem('INSTANCE_STUCK', { instance: found.id, pid: found.process.pid });
  }
  await untilReaped(tools, found);
}

async function terminate(tools: ProcessTools, found: Found): Promise<void> {
  const sent = found.kept
    ? await tools.keeper.call('signal', { key: found.id, signal: 'SIGTERM' })
    : signalGroup(found.process, 'SIGTERM');
  // The leader has ended, what it left behind has not.
  if (!sent) signalMembers({ leader: found.process, launch: found.id }, 'SIGTERM', true);
}

async function untilGone(
  tools: ProcessTools,
  group: Group,
  wait: { within: Millis; signal?: AbortSignal },
): Promise<boolean> {
  const deadline = tools.clock.mono() + wait.within;
  for (let pause = 10; ; pause = Math.min(pause * 1.5, 100)) {
    if (membersOf(group, true).length === 0) return true;
    const left = deadline - tools.clock.mono();
    if (left <= 0) return false;
    await tools.clock.sleep(Math.min(pause, left), wait.signal);
  }
}

/** The keeper reaps in its own time; until then it says that the instance runs, and it forgets only what it saw ending. */
async function untilReaped(tools: ProcessTools, found: Found): Promise<void> {
  const deadline = tools.clock.mono() + killWithin;
  for (;;) {
    const listed = (await tools.keeper.call('list', undefined)).find((launched) => launched.key === found.id);
    if (!listed || listed.ended || tools.clock.mono() > deadline) break;
    await tools.clock.sleep(10);
  }
}

async function forget(tools: ProcessTools, found: Found): Promise<void> {
  await tools.keeper.call('forget', { key: found.id });
  await removeRecord(tools.folder, found.place, found.id);
  tools.gone.delete(found.id);
}
