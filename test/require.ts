import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a test may need that a machine may lack. */
const needed = {
  postgres: {
    isThere: () => Boolean(process.env.GONOGO_PG_URL),
    lacks: 'a PostgreSQL server: set GONOGO_PG_URL to the URL of a superuser',
  },
  docker: {
    isThere: () => Boolean(process.env.GONOGO_DOCKER_HOST),
    lacks: 'a Docker Engine, as root: set GONOGO_DOCKER_HOST to its unix:// socket',
  },
  ...tools('nginx', 'haproxy', 'caddy', 'slowhttptest', 'openssl'),
};

/** Programs that are there when they are on the PATH, or where Debian keeps servers. */
function tools<N extends string>(...names: N[]) {
  const entries = names.map((name) => [
    name,
    { isThere: () => isOnPath(name), lacks: `the program ${name}` },
  ]);
  return Object.fromEntries(entries) as Record<N, { isThere(): boolean; lacks: string }>;
}

export const isOnPath = (name: string): boolean =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].some((folder) =>
    isExecutable(join(folder, name)),
  );

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not for us: lacking either way.
  }
}

/**
 * For the `skip` of a test: false when the machine has what it needs, else the reason. With GONOGO_REQUIRE=all
 * (CI) a skip is a failure: it throws.
 */
export function needs(what: keyof typeof needed): string | false {
  const { isThere, lacks } = needed[what];
  return isThere() ? false : lacking(lacks);
}

/** The reason of a skip; with GONOGO_REQUIRE=all it throws instead. */
export function lacking(what: string): string {
  if (process.env.GONOGO_REQUIRE === 'all')
    throw new Error(`GONOGO_REQUIRE=all, but this machine lacks ${what}`);
  return `needs ${what}`;
}
