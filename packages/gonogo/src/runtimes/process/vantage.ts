import { readlink } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { InstanceId } from '../../ports/runtime.ts';
import type { Gap, Vantage } from '../../ports/vantage.ts';
import { accountIn, isAlive } from '../../system/process.ts';
import { environmentOf } from './group.ts';
import { addressOf } from './render.ts';
import type { Found } from './world.ts';

/** An instance shares the machine's network and resolver, so what it would reach can be asked even when it has ended. */
export async function vantageOf(found: Found | undefined, instance: InstanceId): Promise<Vantage | Gap> {
  if (!found) return { gap: `${instance} does not exist` };
  const inner = (await innerView(found)) ?? { values: {}, cwd: '/' };
  const { host, port, pool } = found.place;
  const dialled = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const own = isIP(dialled) && dialled !== '127.0.0.1' && dialled === host ? { localAddress: host } : {};
  return { from: pool.slot, base: `http://${addressOf(dialled, port)}`, ...inner, ...own };
}

/**
 * The environment, the folder and the account of a process that lives, read from the process itself: it is true also
 * after the agent was started again.
 */
async function innerView({
  state,
  process: identity,
}: Found): Promise<Pick<Vantage, 'values' | 'cwd' | 'account'> | undefined> {
  if (state.is === 'ended') return undefined;
  const values = environmentOf(state.pid);
  const cwd = await readlink(`/proc/${state.pid}/cwd`).catch(() => undefined); // It ended meanwhile.
  const account = accountIn(state.pid);
  if (!values || !cwd || !account || !isAlive(identity)) return undefined;
  return account.uid === process.getuid?.() ? { values, cwd } : { values, cwd, account };
}
