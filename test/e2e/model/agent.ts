import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive } from '../../../packages/gonogo/src/system/process.ts';
import { type Act, act, always, command } from './commands.ts';
import { gonogo } from './real.ts';

/** Killed without a word: everything it started runs on. */
export const killAgent = (): Act =>
  act(
    'kill the agent',
    ({ agent }) => agent === 'runs',
    async (world, real) => {
      const identity = identify((await real.api.hello()).pid);
      assert.ok(identity);
      process.kill(identity.pid, 'SIGKILL');
      while (isAlive(identity)) await sleep(5);
      world.agent = 'stopped';
    },
  );

export const stopAgent = (): Act =>
  act('stop the agent', always, async (world, real) => {
    await gonogo(real, ['agent', 'stop'], { code: world.agent === 'runs' ? 0 : 2 });
    world.agent = 'stopped';
  });

/** What people read says the same as what programs read. */
export const look = (): Act =>
  act('status, history and show', always, async (world, real) => {
    const status = await command(world, real, { args: ['status'], code: 0 });
    const deployed = world.history.length > 0;
    const history = await command(world, real, { args: ['history', 'production'], code: deployed ? 0 : 2 });
    if (!deployed) return;
    assert.equal(/waits at \w+ for gonogo approve/.test(status.stdout), world.waiting !== undefined);
    const last = history.stdout.split('\n')[0]?.trim().split(/\s+/).at(-1) ?? '';
    const shown = await command(world, real, { args: ['show', last], code: 0 });
    const { ending } = world.history.at(-1) ?? {};
    const verdict = ending === 'waiting' ? /running/ : ending === 'succeeded' ? /^GO / : /^NO-GO /;
    assert.match(shown.stdout, verdict);
  });
