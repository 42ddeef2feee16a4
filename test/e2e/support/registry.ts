import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { lacking } from '../../require.ts';

/**
 * For the `skip` of a test that runs `npm ci`: false when the npm registry answers for this package, else the reason.
 * With GONOGO_REQUIRE=all a skip is a failure: it throws.
 */
export async function needsRegistry(name: string): Promise<string | false> {
  try {
    await promisify(execFile)('npm', ['view', name, 'version', '--fetch-retries=1'], { timeout: 60_000 });
    return false;
  } catch (error) {
    const why = (error as { stderr?: string }).stderr?.match(/^npm (?:error|ERR!) .+$/m)?.[0];
    return lacking(`the npm registry for ${name} (${why ?? (error as Error).message})`);
  }
}
