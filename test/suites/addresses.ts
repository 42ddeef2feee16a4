import net from 'node:net';

export type Address = { readonly host: string; readonly port: number };

/**
 * An address nobody listens on, below the range the system hands out by itself, so that no other test's connection
 * takes it before it is used.
 */
export async function freeAddress(): Promise<Address> {
  for (;;) {
    const address = { host: '127.0.0.1', port: 11_000 + Math.floor(Math.random() * 8_000) };
    const server = net.createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(address, () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return address;
  }
}
