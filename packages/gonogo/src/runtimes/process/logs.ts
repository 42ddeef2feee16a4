import { basename } from 'node:path';
import type { PoolId } from '../../domain/slot.ts';
import type { LogLine } from '../../ports/runtime.ts';
import { poolFolder } from './folders.ts';
import { advance, type Cursor, cursorAtEnd, cursorAtStart, outputFiles, tail } from './output.ts';
import type { ProcessTools } from './tools.ts';

export type LogWish = { readonly lines: number; readonly follow: boolean; readonly signal: AbortSignal };

const pollEvery = 200;

/** The last lines of each instance of a pool, then, with `follow`, what they and later instances write. */
export async function* poolLogs(tools: ProcessTools, pool: PoolId, wish: LogWish): AsyncGenerator<LogLine> {
  const folder = poolFolder(tools.folder, pool);
  const cursors = new Map<string, Cursor>();
  for (const path of await outputFiles(folder)) {
    cursors.set(path, cursorAtEnd(path));
    for (const text of await tail(path, wish.lines)) yield line(path, text);
  }
  while (wish.follow && (await pause(tools, wish.signal))) {
    for (const path of await outputFiles(folder)) {
      const cursor = cursors.get(path) ?? cursorAtStart(path);
      cursors.set(path, cursor);
      for (const text of await advance(cursor)) yield line(path, text);
    }
  }
}

const line = (path: string, text: string): LogLine => ({ instance: basename(path, '.log'), text });

/** False when the follower has gone. */
async function pause(tools: ProcessTools, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await tools.clock.sleep(pollEvery, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
