/** What a test may need that a machine may lack, and how a machine that has it says so. */
const needed = {
  postgres: {
    variable: 'GONOGO_PG_URL',
    lacks: 'a PostgreSQL server: set GONOGO_PG_URL to the URL of a superuser',
  },
  docker: {
    variable: 'GONOGO_DOCKER_HOST',
    lacks: 'a Docker Engine, as root: set GONOGO_DOCKER_HOST to its unix:// socket',
  },
} as const;

/**
 * For the `skip` of a test: false when the machine has what it needs, else the reason. With GONOGO_REQUIRE=all
 * (CI) a skip is a failure: it throws.
 */
export function needs(what: keyof typeof needed): string | false {
  const { variable, lacks } = needed[what];
  return process.env[variable] ? false : lacking(lacks);
}

/** The reason of a skip; with GONOGO_REQUIRE=all it throws instead. */
export function lacking(what: string): string {
  if (process.env.GONOGO_REQUIRE === 'all')
    throw new Error(`GONOGO_REQUIRE=all, but this machine lacks ${what}`);
  return `needs ${what}`;
}
