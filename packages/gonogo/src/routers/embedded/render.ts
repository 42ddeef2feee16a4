import { join } from 'node:path';
import type { LaunchSpec, ListenerSpec } from '../../wire/keeper.ts';

/** The proxy of a listening address, as a file name that is short for the socket path's sake: `127.0.0.1-80`, `__1-80`. */
export const proxyId = ({ host, port }: ListenerSpec): string => `${host.replaceAll(':', '_')}-${port}`;

/** The address again that a proxy's name was made of. */
export function listenOf(id: string): ListenerSpec {
  const end = id.lastIndexOf('-');
  return { host: id.slice(0, end).replaceAll('_', ':'), port: Number(id.slice(end + 1)) };
}

export const proxyKey = (id: string): string => `proxy/${id}`;

export const controlSocket = (folder: string, id: string): string => join(folder, `${id}.sock`);
export const routesFile = (folder: string, id: string): string => join(folder, `${id}${routesSuffix}`);
export const logFile = (folder: string, id: string): string => join(folder, `${id}.log`);
export const routesSuffix = '.routes.json';

export type ProxyProgram = { readonly node: string; readonly entry: string; readonly folder: string };

/** How the keeper starts the proxy of a listening address, and starts it again whenever it ends. */
export function launchSpec(listen: ListenerSpec, { node, entry, folder }: ProxyProgram): LaunchSpec {
  const id = proxyId(listen);
  return {
    key: proxyKey(id),
    argv: [node, entry, id, folder],
    cwd: '/',
    // Nothing is inherited: whoever started the agent must not decide how the data plane behaves.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', GONOGO_LISTENERS: '1' },
    output: logFile(folder, id),
    listeners: [listen],
    respawn: true,
    labels: { is: 'proxy', proxy: id, listen: `${listen.host} ${listen.port}` },
  };
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
