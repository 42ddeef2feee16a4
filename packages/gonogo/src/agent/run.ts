import { mkdir, stat } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { serveApi } from '../api/server.ts';
import { messageOf, Problem, problem } from '../errors.ts';
import { diskProblem } from '../system/disk.ts';
import { takeLock } from '../system/lock.ts';
import { type Logger, openLog } from '../system/log.ts';
import { type StateFolder, stateFolder } from '../system/state.ts';
import { version } from '../system/version.ts';
import { announce } from './announce.ts';
import type { Rollouts } from './open.ts';
import { agentService } from './service.ts';

export type OpenRollouts = (state: StateFolder, log: Logger) => Promise<Rollouts>;

/**
 * The life of an agent: one a state folder, from the lock to a clean end at SIGTERM, SIGINT or `stop`.
 * Instances and proxies run on without it. Answers the process's exit code; never throws.
 */
export async function runAgent(root: string, open: OpenRollouts): Promise<number> {
  const state = stateFolder(root);
  const log = openLog(state.agentLog, {
    now: Date.now,
    debug: process.env.GONOGO_DEBUG === '1',
    ...(process.env.GONOGO_FOREGROUND === '1' ? { also: (line: string) => process.stderr.write(line) } : {}),
  });
  try {
    await live(state, log, open);
    return 0;
  } catch (error) {
    const failure = asProblem(error);
    log.fatal(failure.message, { code: failure.code, cause: messageOf(failure.cause ?? '') });
    announce({ failed: failure });
    return failure.exit;
  }
}

async function live(state: StateFolder, log: Logger, open: OpenRollouts): Promise<void> {
  await makeStateFolder(state.root);
  const lock = await takeLock(state.lock);
  if (!lock) throw problem('AGENT_RUNNING', { root: state.root });
  const ended = Promise.withResolvers<string>();
  endAt(ended.resolve);
  log.info('starting', { version: version(), root: state.root });
  const rollouts = await open(state, log);
  const identity = { root: state.root, version: version() };
  const service = agentService(rollouts, identity, () => ended.resolve('stop'));
  const api = await serveApi(state.agentSocket, service, log);
  endWithSocket(state.agentSocket, ended.resolve);
  announce('ready');
  log.info('ready', { socket: state.agentSocket });
  flushCompileCache(); // Who is killed writes nothing for the next one.
  const why = await ended.promise;
  log.info('ending', { why });
  await api.close();
  await rollouts.close();
  lock.release();
}

/** Creates the folder for this user only; refuses one that others could change. */
async function makeStateFolder(root: string): Promise<void> {
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    const { mode, uid } = await stat(root);
    if (uid !== process.getuid?.())
      throw problem('STATE_UNUSABLE', { path: root, why: 'it belongs to another user' });
    if (mode & 0o077)
      throw problem('STATE_UNUSABLE', { path: root, why: 'others may enter it (its mode must be 0700)' });
  } catch (error) {
    throw diskProblem(error, root);
  }
}

function endAt(end: (why: string) => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end(signal));
}

/** An agent that nobody can find any more would hold the lock for ever. */
function endWithSocket(socket: string, end: (why: string) => void): void {
  const look = (): void => {
    stat(socket).catch(() => end('its socket is gone'));
  };
  setInterval(look, 2000).unref();
}

const asProblem = (error: unknown): Problem =>
  error instanceof Problem ? error : problem('INTERNAL', { what: messageOf(error) }, error);
