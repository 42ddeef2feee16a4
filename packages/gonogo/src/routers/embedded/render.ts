import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Route } from '../../domain/front.ts';
import { compileCache } from '../../system/entries.ts';
import type { LaunchSpec, ListenerSpec } from '../../wire/keeper.ts';
import type { RouteWire, RulesWire, SettingsWire } from '../../wire/proxy.ts';

/** The proxy of a listening address, as a file name that is short for the socket path's sake: `127.0.0.1-80`, `__1-80`. */
export const proxyId = ({ host, port }: ListenerSpec): string => `${host.replaceAll(':', '_')}-${port}`;

/** The address again that a proxy's name was made of. */
export function listenOf(id: string): ListenerSpec {
  const end = id.lastIndexOf('-');
  return { host: id.slice(0, end).replaceAll('_', ':'), port: Number(id.slice(end + 1)) };
}

/** One start of one worker; the keeper starts it again under the same key, and an upgrade is another run. */
export type Run = { readonly worker: number; readonly run: number };

export const proxyKey = (id: string, { worker, run }: Run = { worker: 0, run: 0 }): string =>
  worker === 0 && run === 0 ? `proxy/${id}` : `proxy/${id}/${worker}.${run}`;

/** The run that a key is of. */
export function runOf(key: string): Run {
  const [, worker = 0, run = 0] = /\/(\d+)\.(\d+)$/.exec(key) ?? [];
  return { worker: Number(worker), run: Number(run) };
}

export const controlSocket = (folder: string, id: string, worker = 0): string =>
  join(folder, worker === 0 ? `${id}.sock` : `${id}.w${worker}.sock`);
export const routesFile = (folder: string, id: string): string => join(folder, `${id}${routesSuffix}`);
export const logFile = (folder: string, id: string): string => join(folder, `${id}.log`);
const accessLogFile = (folder: string, id: string): string => join(folder, `${id}.access.log`);
export const routesSuffix = '.routes.json';

export type ProxyProgram = { readonly node: string; readonly entry: string; readonly folder: string };

export type Launching = Run & { readonly id: string; readonly listeners: readonly ListenerSpec[] };

/** How the keeper starts a worker of the proxy of a listening address, and starts it again whenever it ends. */
export function launchSpec(
  { id, worker, run, listeners }: Launching,
  { node, entry, folder }: ProxyProgram,
): LaunchSpec {
  const { host, port } = listenOf(id);
  return {
    key: proxyKey(id, { worker, run }),
    argv: [node, entry, id, folder, String(worker)],
    cwd: '/',
    // Nothing is inherited: whoever started the agent must not decide how the data plane behaves.
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      GONOGO_LISTENERS: String(listeners.length),
      ...compileCache(entry), // Users wait for a proxy that is started again.
    },
    output: logFile(folder, id),
    listeners: [...listeners],
    respawn: true,
    labels: { is: 'proxy', proxy: id, listen: `${host} ${port}` },
  };
}

/** What a route asks of its front, as the proxy is told it: the secret of the preview only as its digest. */
export function rulesOf({ settings = {}, previewSecret }: Route): RulesWire {
  const { hosts, path, preview, sticky, assets, health, upstreamHost, upgrades, drain, tls } = settings;
  const digest =
    previewSecret === undefined ? undefined : createHash('sha256').update(previewSecret).digest('hex');
  return {
    ...(hosts && hosts.length > 0 ? { hosts: [...hosts] } : {}),
    ...(path === undefined || path === '/' ? {} : { path }),
    ...(preview ? { preview: { ...withoutSecret(preview), ...(digest ? { digest } : {}) } } : {}),
    ...(sticky ? { sticky: stickyOf(sticky) } : {}),
    ...(assets ? { assets } : {}),
    ...(health === undefined ? {} : { health }),
    ...(upstreamHost === undefined ? {} : { upstreamHost }),
    ...(upgrades ? { upgrades: [...upgrades] } : {}),
    ...(drain ? { drain: drainOf(drain) } : {}),
    ...(tls ? { tls } : {}),
  };
}

type Settings = NonNullable<Route['settings']>;

const withoutSecret = ({ host, port }: NonNullable<Settings['preview']>) => ({
  ...(host === undefined ? {} : { host }),
  ...(port === undefined ? {} : { port }),
});

const stickyOf = ({ cookie, for: lasts }: NonNullable<Settings['sticky']>) =>
  lasts === undefined ? { cookie } : { cookie, seconds: Math.max(1, Math.round(lasts / 1000)) };

const drainOf = ({ streams, websockets }: NonNullable<Settings['drain']>) => ({
  ...(streams === undefined ? {} : { stream: streams }),
  ...(websockets === undefined ? {} : { websocket: websockets }),
});

/** What a route asks of the whole proxy. */
export function settingsOf({ settings = {} }: Route, folder: string, id: string): SettingsWire {
  const { workers, trusted, metrics, log, limits } = settings;
  return {
    ...(workers === undefined ? {} : { workers }),
    ...(trusted ? { trusted: [...trusted] } : {}),
    ...(metrics === undefined ? {} : { metrics }),
    ...(log ? { log: { file: log.file ?? accessLogFile(folder, id), query: log.query } } : {}),
    ...(limits ? { limits } : {}),
  };
}

/** Where a proxy listens: at its own address first, then for previews, redirects and metrics. */
export function listenersOf(
  id: string,
  { routes, settings }: { routes: readonly Pick<RouteWire, 'rules'>[]; settings: SettingsWire },
): ListenerSpec[] {
  const own = listenOf(id);
  const ports = routes.flatMap(({ rules }) => [rules?.preview?.port, rules?.tls?.redirect]);
  const others = [...new Set(ports)].filter((port) => port !== undefined && port !== own.port);
  const metrics = settings.metrics === undefined ? [] : [{ host: '127.0.0.1', port: settings.metrics }];
  return [own, ...others.map((port) => ({ host: own.host, port: port ?? 0 })), ...metrics];
}

/** Why an address cannot be listened on, by the system's error code (bind(2)). */
export function listenFailure(code: string): string {
  const known: Record<string, string> = {
    EADDRINUSE: 'something else listens there',
    EACCES: 'this user may not listen on that port',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  return known[code] ?? code;
}

/** Where to connect to reach a listener: the wildcard addresses mean this machine. */
export function dialAddress({ host, port }: ListenerSpec): ListenerSpec {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  return host === '::' ? { host: '::1', port } : { host, port };
}

/** A request that one of a route's own rules leads to it, as near to `path` as its rules allow. */
export function questionOf(
  { hosts: [host] = [], path: prefix = '/' }: RulesWire,
  path: string,
): { host: string | undefined; path: string } {
  const leads = prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
  return { host: host?.replace(/^\*\./, 'gonogo.'), path: leads ? path : prefix };
}
