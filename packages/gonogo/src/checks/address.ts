export type HostPort = { readonly host: string; readonly port: number; readonly scheme?: string };

/** Where services listen whose URL names no port. */
const ports: Readonly<Record<string, number>> = {
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mariadb: 3306,
  redis: 6379,
  rediss: 6379,
  amqp: 5672,
  amqps: 5671,
  mongodb: 27017,
  nats: 4222,
  http: 80,
  https: 443,
  smtp: 25,
  smtps: 465,
};

/** The host and port of `host:port`, `[::1]:5432`, `tcp://host:port` or a URL of any service; undefined if there is none. */
export function parseHostPort(text: string): HostPort | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  const authority = text
    .replace(/^[^/]*:\/\//, '')
    .replace(/[/?#].*$/s, '')
    .replace(/^.*@/s, '');
  const match = /^(\[[0-9a-f:.%\w]+\]|[^:\s[\]]+)(?::(\d{1,5}))?$/i.exec(authority);
  const port = match?.[2] === undefined ? ports[scheme ?? ''] : Number(match[2]);
  if (!match?.[1] || port === undefined || port < 1 || port > 65_535) return undefined;
  const host = match[1].replace(/^\[|\]$/g, '');
  return scheme ? { host, port, scheme } : { host, port };
}

/** `host:port`, with brackets around an IPv6 address. */
export const hostPort = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
