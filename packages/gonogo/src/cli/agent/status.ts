import { requireUnderstanding } from '../../api/hello.ts';
import { stateRoot } from '../context.ts';
import type { Format } from '../options.ts';
import { print, printJson } from '../output.ts';
import { processLines } from '../print/processes.ts';
import { needRunning } from './find.ts';

/** `gonogo agent status`. Fails with AGENT_NOT_RUNNING. */
export async function showAgent(format: Format): Promise<void> {
  const { api, hello } = await needRunning(stateRoot());
  requireUnderstanding(hello);
  const processes = await api.processes();
  if (format === 'json') printJson(processes);
  else print(...processLines(processes));
}
