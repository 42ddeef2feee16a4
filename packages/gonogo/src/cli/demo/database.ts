import net from 'node:net';
import { createInterface } from 'node:readline';

type Order = { readonly id: number };

export type Database = {
  /** `tcp://127.0.0.1:40123` */
  readonly url: string;
  /** How many connections were turned away. */
  refused(): number;
  close(): Promise<void>;
};

/** Longer lists are not kept: nobody asks for old orders. */
const kept = 1_000;

/**
 * A database of orders over a line protocol, behind an allow-list of source addresses. It greets with `READY`, and
 * answers `PING`, `ADD {json}` and `LIST n` with a line each, in order. A client that is not on the list is accepted
 * by the kernel and closed at once without a byte, which is what many firewalls and database proxies do.
 */
export async function startDatabase(admits: readonly string[]): Promise<Database> {
  const orders: Order[] = [];
  const sockets = new Set<net.Socket>();
  let refused = 0;
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy()); // The client is gone; `close` follows.
    if (!admits.includes(socket.remoteAddress ?? '')) {
      refused += 1;
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.write('READY\n');
    // readline reports a socket's error once more; it was dealt with above.
    const lines = createInterface({ input: socket }).on('error', () => lines.close());
    lines.on('line', (line) => socket.write(`${answerLine(orders, line)}\n`));
  });
  server.listen(0, '127.0.0.1');
  await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `tcp://127.0.0.1:${port}`,
    refused: () => refused,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function answerLine(orders: Order[], line: string): string {
  const [word = '', rest = ''] = splitOnce(line);
  if (word === 'PING') return 'PONG';
  if (word === 'ADD') return addOrder(orders, rest);
  if (word === 'LIST') return `OK ${JSON.stringify(orders.slice(-Math.max(1, Number(rest) || 1)).reverse())}`;
  return `ERR there is no ${word.slice(0, 20)}`;
}

function addOrder(orders: Order[], text: string): string {
  const id = (orders.at(-1)?.id ?? 0) + 1;
  let order: Order;
  try {
    order = { id, ...(JSON.parse(text) as object) };
  } catch {
    return 'ERR what follows ADD is not JSON'; // The client is told; there is nobody else to tell.
  }
  orders.push(order);
  if (orders.length > kept) orders.shift();
  return `OK ${JSON.stringify(order)}`;
}

const splitOnce = (line: string): string[] => /^(\S*)(?: (.*))?$/s.exec(line)?.slice(1) ?? [];
