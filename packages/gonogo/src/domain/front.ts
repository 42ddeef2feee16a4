import type { Address } from './environment.ts';
import type { Values } from './revision.ts';
import type { Millis } from './units.ts';

/** What a service asks of its front beyond an address; nothing at all: every request of every host. */
export type FrontSettings = {
  /** Lower-case names; `*.shop.example` stands for one label more. None: whatever no other service has. */
  readonly hosts?: readonly string[];
  /** `/api` is that path and everything below it. Default: every path. */
  readonly path?: string;
  readonly preview?: Preview;
  /** While both slots take traffic a client stays in one. `for`: what its cookie lasts; absent: the browser's session. */
  readonly sticky?: { readonly cookie: string; readonly for?: Millis };
  /** A 404 for an asset with a fingerprint in its name is asked for in the other slot. */
  readonly assets?: boolean;
  /** The health path of a balancer in front: answered 200 while requests are held. */
  readonly health?: string;
  /** What instances find in the Host field. Default: what the client sent. */
  readonly upstreamHost?: string;
  /** The protocols that connections may be switched to, in lower case. Default: WebSocket. */
  readonly upgrades?: readonly string[];
  /** What WebSockets and event streams are closed within, one after another, when their slot is drained. Default: its grace. */
  readonly drain?: { readonly streams?: Millis; readonly websockets?: Millis };
  /** How many requests wait while nobody serves, and for how long; 0: nobody does. Default: 1000, for 30 s. */
  readonly hold?: { readonly atMost?: number; readonly within?: Millis };
  readonly tls?: Tls;
  /** What follows holds for the whole address, which services may share. */
  readonly workers?: number;
  /** Addresses and networks of proxies in front, whose forwarded fields are believed. */
  readonly trusted?: readonly string[];
  /** A loopback port for Prometheus. */
  readonly metrics?: number;
  readonly log?: AccessLogSettings;
  readonly limits?: FrontLimits;
};

/** How the slot that users are not in is reached before they are. */
export type Preview = {
  readonly host?: string;
  readonly port?: number;
  /** The variable of the environment whose value opens it, in the field `gonogo-preview`. */
  readonly secret?: string;
};

/** Files in PEM, by absolute paths; `redirect` is the port of plain requests, which are redirected. */
export type Tls = { readonly certificate: string; readonly key: string; readonly redirect?: number };

/** `file`: an absolute path; absent: beside the routes in the state folder. */
export type AccessLogSettings = { readonly file?: string; readonly query: boolean };

/** Times in milliseconds, sizes in bytes. */
export type FrontLimits = {
  readonly head?: Millis;
  readonly body?: Millis;
  readonly idleClient?: Millis;
  readonly total?: Millis;
  readonly connect?: Millis;
  readonly answer?: Millis;
  readonly idleUpstream?: Millis;
  readonly silence?: Millis;
  readonly bodyRate?: number;
  readonly failures?: number;
  readonly ejection?: Millis;
  readonly slowStart?: Millis;
  readonly headBytes?: number;
  readonly fields?: number;
  readonly uriBytes?: number;
  readonly bodyBytes?: number;
  readonly bufferedBytes?: number;
  readonly heldBytes?: number;
  readonly connections?: number;
  readonly connectionsPerAddress?: number;
};

/** Where users come in, and what they find there. */
export type Route = {
  /** A numeric address and a port. */
  readonly listen: Address;
  /** Absent: every request that comes in there is for the target. */
  readonly settings?: FrontSettings;
  /** The value that `settings.preview.secret` names; absent: no secret opens the preview. */
  readonly previewSecret?: string;
};

/** A route from what was planned, and the values of what will serve it. */
export function routeOf(
  { front, proxy }: { readonly front: Address; readonly proxy?: FrontSettings },
  values: Values,
): Route {
  const name = proxy?.preview?.secret;
  const secret = name === undefined ? undefined : values[name];
  return {
    listen: front,
    ...(proxy ? { settings: proxy } : {}),
    ...(secret ? { previewSecret: secret } : {}),
  };
}
