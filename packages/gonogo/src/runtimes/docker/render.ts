import { isIPv6 } from 'node:net';
import type { ContainerCreateOptions } from 'dockerode';
import { releaseName } from '../../domain/release.ts';
import { jobRole, type PoolSpec } from '../../ports/runtime.ts';
import type { Place } from '../labels.ts';
import type { Vacancy } from '../vacancy.ts';
import { containerLabels } from './labels.ts';
import type { DockerOptions } from './options.ts';

/** Everything about a container that is not in the pool's specification. */
export type Berth = Vacancy & {
  readonly id: string;
  /** The port on this host. */
  readonly port: number;
  /** The port in the container. */
  readonly inner: number;
  readonly owner: string;
  /** Folder on this host → path in the container. */
  readonly shared: ReadonlyMap<string, string>;
  /** Names of variables that the image sets by itself. */
  readonly imageSets: ReadonlySet<string>;
};

export const placeIn = (
  spec: PoolSpec,
  berth: Omit<Vacancy, 'id'> & Pick<Berth, 'port' | 'inner'>,
): Place => ({
  pool: spec.pool,
  revision: spec.revision,
  index: berth.index,
  host: spec.address,
  port: berth.port,
  inner: berth.inner,
  grace: spec.manifest.run.grace,
  restarts: berth.restarts,
  inARow: berth.inARow,
});

/** `host:port`, with brackets around IPv6 (RFC 3986, section 3.2.2). */
export const addressOf = (host: string, port: number): string =>
  `${isIPv6(host) ? `[${host}]` : host}:${port}`;

/**
 * What is said to the instance beside what its image says: the snapshot, which may not replace PORT nor a name that
 * begins with `GONOGO_`. HOST is every address of the container, because its port is published from outside of it.
 */
function renderEnv(spec: PoolSpec, berth: Berth): string[] {
  const { service, environment } = spec.pool.target;
  const snapshot = Object.entries(spec.values).filter(([name]) => !name.startsWith('GONOGO_'));
  const env = {
    ...everywhere(berth.imageSets),
    HOST: '0.0.0.0',
    ...Object.fromEntries(snapshot),
    PORT: String(berth.inner),
    GONOGO_SERVICE: service,
    GONOGO_ENVIRONMENT: environment,
    GONOGO_SLOT: spec.pool.slot,
    GONOGO_RELEASE: releaseName(service, spec.releaseDigest),
    GONOGO_REVISION: spec.revision,
    GONOGO_INSTANCE: `${spec.pool.role}-${berth.index}`,
    GONOGO_LAUNCH: berth.id,
    GONOGO_ADDRESS: addressOf(spec.address, berth.port),
  };
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

/** The same on every host, unless the image knows better. */
const everywhere = (imageSets: ReadonlySet<string>): Record<string, string> => ({
  ...(imageSets.has('TZ') ? {} : { TZ: 'UTC' }),
  ...(imageSets.has('LANG') ? {} : { LANG: 'C.UTF-8' }),
});

/** The body that creates a container. */
export function renderContainer(
  spec: PoolSpec,
  berth: Berth,
  options: DockerOptions,
): ContainerCreateOptions {
  const { run } = spec.manifest;
  const inner = `${berth.inner}/tcp`;
  return {
    name: berth.id,
    Image: spec.artifact,
    ...(run.command.length > 0 ? { Entrypoint: [...run.command], Cmd: [] } : {}),
    ...(run.user === undefined ? {} : { User: run.user }),
    Env: renderEnv(spec, berth),
    ExposedPorts: { [inner]: {} },
    Labels: containerLabels(spec, placeIn(spec, berth), berth.owner),
    // Health is what the supervisor asks; a second opinion would restart nothing and confuse.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ...limits(spec),
      Init: true,
      NetworkMode: run.networks?.[0] ?? 'bridge',
      // A job serves nobody.
      PortBindings:
        spec.pool.role === jobRole
          ? {}
          : { [inner]: [{ HostIp: spec.address, HostPort: String(berth.port) }] },
      ExtraHosts: ['host.docker.internal:host-gateway'],
      ReadonlyRootfs: run.readOnly ?? true,
      ...(run.readOnly === false ? {} : { Tmpfs: { '/tmp': 'rw,nosuid,nodev,mode=1777' } }),
      Mounts: [...berth.shared].map(([Source, Target]) => ({ Type: 'bind', Source, Target })),
      RestartPolicy: { Name: 'no' },
      LogConfig: {
        Type: 'json-file',
        Config: { 'max-size': String(options.logs.bytes), 'max-file': String(options.logs.files) },
      },
    },
  };
}

/** Memory without swap on top, so that the limit is the limit. */
function limits({ manifest: { run } }: PoolSpec): ContainerCreateOptions['HostConfig'] {
  return {
    ...(run.memory === undefined ? {} : { Memory: run.memory, MemorySwap: run.memory }),
    ...(run.cpus === undefined ? {} : { NanoCpus: Math.round(run.cpus * 1e9) }),
  };
}
