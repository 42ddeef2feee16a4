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

/** How npm finds its way to the registry on this machine: a proxy, a certificate authority, settings of its own. */
export const registryEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        /^(npm_config_.*|(https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA|SSL_CERT_(FILE|DIR))$/i.test(
          entry[0],
        ),
    ),
  );
