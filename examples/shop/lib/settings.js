import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Everything the shop is told from outside, read once. What it needs from an environment is in gonogo.yaml. */
export function readSettings(env) {
  return {
    version,
    /** Which release this is; gonogo says so, and every answer repeats it. */
    releaseId: env.GONOGO_RELEASE ?? 'none',
    host: env.HOST ?? '127.0.0.1',
    port: Number(env.PORT ?? 3000),
    databaseUrl: env.DATABASE_URL,
    logLevel: env.LOG_LEVEL ?? 'info',
    /** Milliseconds between "send me nothing more" and "I accept nothing more". */
    stopDelay: Number(env.STOP_DELAY_MS ?? 500),
  };
}
