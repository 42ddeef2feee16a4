import net from 'node:net';
import type { SettingsWire } from '../wire/proxy.ts';
import { Certificates } from './certificates.ts';
import { Door } from './door.ts';
import { Gate } from './gate.ts';
import { certificatesOf, type Role, type RoleOf, rolesOf } from './roles.ts';
import type { Routes } from './routes.ts';
import { SecureDoor } from './secure-door.ts';
import type { Settings } from './settings.ts';
import { metricsDoor, redirectDoor } from './side-doors.ts';
import type { Table } from './table.ts';

export type Front = {
  readonly listen: { host: string; port: number }[];
  /** Client connections now, those among them that have not shaken hands yet. */
  connections(): number;
  /** What comes in where, from the next connection on; resolves when certificates are read. */
  configure(table: Table, settings: SettingsWire): Promise<void>;
  /**
   * Soft drain: closes only the listening handles and resolves when no connection is left, or at the deadline, when
   * what is left is cut. Idle connections stay, since a request may already be on its way into them.
   */
  retire(deadline: number): Promise<void>;
};

export type FrontOptions = {
  readonly routes: Routes;
  readonly secret: string;
  readonly settings: Settings;
  /** The page that Prometheus reads. */
  readonly metrics: () => Promise<string>;
};

/** Serves users on sockets that were bound by the keeper and are passed in as descriptors. */
export async function startFront(
  options: FrontOptions,
  descriptors: readonly number[],
  stored: { table: Table; settings: SettingsWire },
): Promise<Front> {
  const { routes, secret, settings, metrics } = options;
  const { limits, trusts } = settings;
  const clock = { now: performance.now() };
  const door = new Door({ routes, secret, limits, trusts, clock, log: () => settings.log });
  const certificates = new Certificates((sentence) => console.error(sentence));
  const gate = new Gate(limits, trusts);
  const secure = new SecureDoor(certificates, { limits, enter: (socket) => door.enter(socket, ignore) });
  const servers: net.Server[] = [];
  const ownPort = (): number => servers.map(addressOf)[0]?.port ?? 0;
  const doors: Doors = {
    plain: door,
    tls: secure,
    redirect: { enter: redirectDoor(limits, ownPort) },
    metrics: { enter: metricsDoor(limits, metrics) },
  };
  let roleOf: RoleOf = () => 'plain';
  const configure = async (table: Table, asked: SettingsWire): Promise<void> => {
    await certificates.use(certificatesOf(table));
    roleOf = rolesOf(table, asked);
  };
  await configure(stored.table, stored.settings);
  for (const fd of descriptors) {
    servers.push(
      await listen(fd, (socket) => enter(socket, { gate, doors, role: roleOf(socket.localPort ?? 0) })),
    );
  }
  const sweep = setInterval(() => {
    clock.now = performance.now();
    door.tick(clock.now);
  }, limits.sweep);
  return {
    listen: servers.map(addressOf),
    connections: () => gate.size,
    configure,
    retire: async (deadline) => {
      routes.retire();
      for (const server of servers) server.close();
      door.closeLasting(deadline);
      await gate.empty(deadline);
      clearInterval(sweep);
      door.close();
    },
  };
}

type Doors = Readonly<Record<Role, { enter(socket: net.Socket, left: () => void): void }>>;
type Entrance = { readonly gate: Gate; readonly doors: Doors; readonly role: Role };

/** One that may not come in is closed at once. Whoever reads the counts is no client: it must see a full house. */
function enter(socket: net.Socket, { gate, doors, role }: Entrance): void {
  const address = socket.remoteAddress;
  if (role === 'metrics') doors.metrics.enter(socket, ignore);
  else if (address !== undefined && gate.enter(address)) doors[role].enter(socket, () => gate.leave(address));
  else socket.on('error', ignore).destroy();
}

async function listen(fd: number, enter: (socket: net.Socket) => void): Promise<net.Server> {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.on('connection', enter);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd }, resolve);
  });
  server.on('error', ignore); // A connection that could not be accepted, as when descriptors run out: the next one may.
  return server;
}

function addressOf(server: net.Server): { host: string; port: number } {
  const { address, port } = server.address() as net.AddressInfo;
  return { host: address, port };
}

/** Nothing has to follow. */
function ignore(): void {
  return;
}
