import assert from 'node:assert/strict';
import { type Act, act, always, command } from './commands.ts';
import { learn, plannedBy, type Real } from './real.ts';
import { end, endingOf, goLive, isSame, type Revision, rollbackTarget, stir, type World } from './world.ts';

export const approve = (): Act =>
  act(
    'approve',
    ({ waiting }) => waiting !== undefined,
    async (world, real) => {
      const { waiting } = world;
      assert.ok(waiting);
      const ending = waiting.at === 'hold' ? 'succeeded' : endingOf(world, waiting.wish);
      await command(world, real, { args: ['approve', 'production'], code: ending === 'succeeded' ? 0 : 1 });
      stir(world, 'perhaps');
      end(world, { ...waiting, ending });
    },
  );

export const abort = (): Act =>
  act(
    'abort',
    ({ waiting }) => waiting !== undefined,
    async (world, real) => {
      await command(world, real, { args: ['abort', 'production'], code: 0 });
      leaveGate(world);
    },
  );

function leaveGate(world: World): void {
  const { waiting } = world;
  if (waiting) end(world, { ...waiting, ending: 'aborted' });
  stir(world, 'perhaps');
}

/** Nobody asked: both say so, and do nothing. */
export const answerNothing = (): Act =>
  act(
    'approve and abort where nothing waits',
    ({ waiting }) => waiting === undefined,
    async (world, real) => {
      for (const verb of ['approve', 'abort'])
        await command(world, real, { args: [verb, 'production'], code: 2 });
    },
  );

/** Which of the proven ones, counted from the newest; `unknown` is a name that nothing has. */
export type To = number | 'unknown' | undefined;

export const rollback = (to: To, current: boolean): Act =>
  act(
    `rollback${to === undefined ? '' : ` --to ${to}`}${current ? ' --env current' : ''}`,
    always,
    async (world, real) => {
      const target = targetOf(world, to, current);
      const args = ['rollback', 'production', '--format', 'json', ...nameOf(real, to, target)];
      if (current) args.push('--env', 'current');
      const { waiting, live } = world;
      // Users have met what waits to be held: the way back from that is to what served before it.
      if (waiting?.at === 'hold' && to === undefined && live) {
        await command(world, real, { args, code: 0 });
        return leaveGate(world);
      }
      const next = target && (current && live ? { ...target, colour: live.colour } : target);
      // What is live is where an abort leads to, and where nothing waits there is no way there.
      if (next && isSame(next, live)) {
        await command(world, real, { args, code: waiting ? 0 : 2 });
        return waiting ? leaveGate(world) : undefined;
      }
      if (!target) return void (await command(world, real, { args, code: 2 }));
      if (waiting) leaveGate(world);
      await goBack(world, real, { args, target, current });
    },
  );

function targetOf(world: World, to: To, current: boolean): Revision | undefined {
  if (to === 'unknown') return undefined;
  return to === undefined ? rollbackTarget(world, current) : world.proven.at(-1 - to)?.revision;
}

/** Revisions of one release differ in their variables, so it is the revision that names one. */
function nameOf({ revisions }: Real, to: To, target: Revision | undefined): string[] {
  if (to === undefined) return [];
  return ['--to', (target && revisions.get(`${target.says} ${target.colour} ${target.replicas}`)) ?? 'r0'];
}

type Back = { readonly args: readonly string[]; readonly target: Revision; readonly current: boolean };

async function goBack(world: World, real: Real, { args, target, current }: Back): Promise<void> {
  const { live, warm } = world;
  const next = current && live ? { ...target, colour: live.colour } : target;
  const done = await command(world, real, { args, code: 0 });
  const spec = plannedBy(done);
  assert.ok(spec, done.said());
  learn(real, next, spec);
  world.history = [...world.history, { kind: 'rollback', ending: 'succeeded' }];
  goLive(world, next, 'rollback', isSame(warm, next));
}
