import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { problem } from '../../errors.ts';

/**
 * The file that a command's first word names: relative to the release's folder when it holds a slash, otherwise looked
 * up on the instance's PATH. Fails with COMMAND_MISSING.
 */
export async function findCommand(command: string, cwd: string, path: string): Promise<string> {
  const candidates = command.includes('/')
    ? [resolve(cwd, command)]
    : path.split(delimiter).map((folder) => join(folder, command));
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  throw problem('COMMAND_MISSING', { command, cwd });
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // Not there, or not for us: both mean that it cannot be run.
  }
}
