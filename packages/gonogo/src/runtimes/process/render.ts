import { isIPv6 } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { releaseName } from '../../domain/release.ts';
import type { Values } from '../../domain/revision.ts';
import type { PoolSpec } from '../../ports/runtime.ts';
import type { LaunchSpec } from '../../wire/keeper.ts';
import { labelsOf, type Place } from '../labels.ts';
import type { Vacancy } from '../vacancy.ts';
import type { Account } from './users.ts';

/** Everything about a launch that is not in the pool's specification. */
export type Berth = Vacancy & {
  readonly id: string;
  readonly port: number;
  readonly cwd: string;
  readonly home: string;
  readonly output: string;
  readonly account?: Account;
};

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const placeIn = (spec: PoolSpec, berth: Omit<Vacancy, 'id'> & Pick<Berth, 'port'>): Place => ({
  pool: spec.pool,
  revision: spec.revision,
  index: berth.index,
  host: spec.address,
  port: berth.port,
  grace: spec.manifest.run.grace,
  restarts: berth.restarts,
  inARow: berth.inARow,
});

/** The release's own programs first, then the node that runs gonogo, then the system's. */
export const pathOf = (cwd: string, execPath: string): string =>
  [join(cwd, 'node_modules/.bin'), dirname(execPath), systemPath].join(delimiter);

/** `host:port`, with brackets around IPv6 (RFC 3986, section 3.2.2). */
export const addressOf = (host: string, port: number): string =>
  `${isIPv6(host) ? `[${host}]` : host}:${port}`;

/**
 * The whole environment of an instance; nothing is inherited, because what the agent was started with is drift. The
 * snapshot may replace what stands before it, but not PORT and not a name that begins with `GONOGO_`.
 */
function renderEnv(spec: PoolSpec, berth: Berth, execPath: string): Record<string, string> {
  const { service, environment } = spec.pool.target;
  return {
    PATH: pathOf(berth.cwd, execPath),
    HOME: berth.home,
    TZ: 'UTC',
    LANG: 'C.UTF-8',
    HOST: spec.address,
    ...withoutOurs(spec.values),
    PORT: String(berth.port),
    GONOGO_SERVICE: service,
    GONOGO_ENVIRONMENT: environment,
    GONOGO_SLOT: spec.pool.slot,
    GONOGO_RELEASE: releaseName(service, spec.releaseDigest),
    GONOGO_REVISION: spec.revision,
    GONOGO_INSTANCE: `${spec.pool.role}-${berth.index}`,
    GONOGO_LAUNCH: berth.id,
    GONOGO_ADDRESS: addressOf(spec.address, berth.port),
  };
}

const withoutOurs = (values: Values): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !name.startsWith('GONOGO_')));

/** `program` is the file that the command's first word was found to be. */
export function renderLaunch(
  spec: PoolSpec,
  berth: Berth,
  how: { program: string; execPath: string },
): LaunchSpec {
  return {
    key: berth.id,
    argv: [how.program, ...spec.manifest.run.command.slice(1)],
    cwd: berth.cwd,
    env: renderEnv(spec, berth, how.execPath),
    output: berth.output,
    ...(berth.account ? { uid: berth.account.uid, gid: berth.account.gid } : {}),
    listeners: [],
    respawn: false,
    labels: labelsOf(placeIn(spec, berth)),
  };
}
