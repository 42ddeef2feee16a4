import type { Millis } from '../../domain/units.ts';
import { problem } from '../../errors.ts';
import { asked, askedFor, engineProblem, statusOf } from './engine.ts';
import type { DockerTools } from './tools.ts';
import type { Found } from './world.ts';

/** After SIGKILL the kernel needs a moment; longer than this and the container hangs in the kernel. */
const killWithin: Millis = 10_000;

/** A removal that takes longer than this hangs in the engine; whoever wants something of the pool would wait as well. */
const removeWithin: Millis = 60_000;

export type StopWish = { readonly grace: Millis; readonly signal?: AbortSignal };

/** Ends a container and removes it. */
export async function stop(tools: DockerTools, found: Found, wish: StopWish): Promise<void> {
  await end(tools, found, wish);
  await remove(tools, found);
}

/** The image's stop signal (SIGTERM unless it says otherwise), `grace`, SIGKILL. */
export async function end(tools: DockerTools, found: Found, wish: StopWish): Promise<void> {
  if (found.state.is === 'running' && !(await endsBySignal(tools, found, wish))) await kill(tools, found);
}

async function endsBySignal(tools: DockerTools, found: Found, wish: StopWish): Promise<boolean> {
  const { engine, clock } = tools;
  const detail = tools.inspected.get(found.container);
  const config = detail?.Config as { StopSignal?: string } | undefined;
  const ended = untilEnded(tools, found);
  await signal(tools, found, config?.StopSignal ?? 'SIGTERM');
  const giveUp = new AbortController();
  const stopWaiting = AbortSignal.any([giveUp.signal, ...(wish.signal ? [wish.signal] : [])]);
  try {
    const late = clock.sleep(wish.grace, stopWaiting).then(() => false);
    return await asked(engine, 'wait for a container', Promise.race([ended, late]));
  } finally {
    giveUp.abort();
  }
}

async function kill(tools: DockerTools, found: Found): Promise<void> {
  const ended = untilEnded(tools, found);
  await signal(tools, found, 'SIGKILL');
  const late = tools.clock.sleep(killWithin).then(() => false);
  if (await Promise.race([ended, late])) return;
  const pid = found.state.is === 'running' ? found.state.pid : 0;
  throw problem('INSTANCE_STUCK', { instance: found.id, pid });
}

/** True when the container has ended or is gone; never rejects, because its waiter may have left. */
async function untilEnded({ engine }: DockerTools, found: Found): Promise<boolean> {
  try {
    await engine.streams.getContainer(found.container).wait();
    return true;
  } catch (error) {
    return statusOf(error) === 404;
  }
}

async function signal({ engine }: DockerTools, found: Found, name: string): Promise<void> {
  try {
    await engine.calls.getContainer(found.container).kill({ signal: name });
  } catch (error) {
    // Not running (409), or gone: it has ended, which is what was wanted.
    if (statusOf(error) !== 409 && statusOf(error) !== 404)
      throw engineProblem(engine, 'signal a container', error);
  }
}

/** Removes a container with the unnamed volumes that were made for it. */
async function remove(tools: DockerTools, found: Found): Promise<void> {
  const { engine, clock } = tools;
  const container = engine.calls.getContainer(found.container);
  const deadline = clock.mono() + removeWithin;
  for (;;) {
    try {
      await container.remove({ force: true, v: true });
      return;
    } catch (error) {
      if (statusOf(error) === 404) return;
      // Somebody removes it already: gone is when it cannot be found.
      if (statusOf(error) !== 409 || clock.mono() > deadline)
        throw engineProblem(engine, 'remove a container', error);
      if (!(await askedFor(engine, 'inspect a container', container.inspect()))) return;
      await clock.sleep(50);
    }
  }
}
