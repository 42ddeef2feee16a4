import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureAgent } from '../../api/autostart.ts';
import type { Connected } from '../../api/hello.ts';
import { problem } from '../../errors.ts';
import { identify } from '../../system/process.ts';
import { stateFolder } from '../../system/state.ts';
import { isStartedBySystemd, stateRoot } from '../context.ts';
import type { Format } from '../options.ts';
import { print, printJson } from '../output.ts';
import { findRunning, needRunning } from './find.ts';

/** How long an agent may take to end, in milliseconds: with `--all` its instances have their grace. */
const patience = 120_000;

/** `gonogo agent stop [--all]`: answers when it has ended. Fails with AGENT_NOT_RUNNING. */
export async function stopAgent(all: boolean, format: Format): Promise<void> {
  const root = stateRoot();
  if (isStartedBySystemd(root) && (await findRunning(root))) throw problem('AGENT_INSTALLED', {});
  const { api, hello } = await reach(root, all);
  const { stopped } = await api.stop({ all });
  await hasEnded(hello.pid, root);
  if (format === 'json') printJson({ pid: hello.pid, stopped });
  else if (all) print(`the agent has ended, and ${stopped} instances and proxies with it: nobody is served`);
  else print('the agent has ended; instances and proxies run on');
}

/** Without an agent, instances may run on under their keeper: an agent is started to stop them. */
async function reach(root: string, all: boolean): Promise<Connected> {
  const running = await findRunning(root);
  if (running || !all || !existsSync(stateFolder(root).keeperSocket))
    return running ?? (await needRunning(root));
  await ensureAgent(root);
  return await needRunning(root);
}

async function hasEnded(pid: number, root: string): Promise<void> {
  const until = performance.now() + patience;
  while (identify(pid)) {
    if (performance.now() > until)
      throw problem('AGENT_FAILED', { root, why: `it was told to stop and did not (pid ${pid})` });
    await sleep(20);
  }
}
