import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Read } from './vector.ts';

/** An application that tells what it read, in each answer and afterwards. */
export type Recorder = {
  readonly port: number;
  /** Requests it read whole since it was asked last, and why it refused others. */
  take(): { reads: Read[]; refusals: string[] };
  close(): Promise<void>;
};

export async function startRecorder(): Promise<Recorder> {
  let reads: Read[] = [];
  let refusals: string[] = [];
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('error', () => undefined); // A request that was cut off is none.
    request.on('end', () => {
      const { method = '', url: target = '', headers } = request;
      const read = {
        method,
        target,
        host: headers.host ?? '',
        body: Buffer.concat(parts).toString('latin1'),
      };
      reads.push(read);
      const text = Buffer.from(JSON.stringify(read));
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
        .end(text);
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // What was cut off is no refusal.
    if (error.code?.startsWith('HPE_') && error.code !== 'HPE_INVALID_EOF_STATE') refusals.push(error.code);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    take: () => {
      const taken = { reads, refusals };
      [reads, refusals] = [[], []];
      return taken;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
