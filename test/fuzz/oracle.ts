import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { Parsed } from './normal-form.ts';

/** Reads a message to its end, as Node's own parser gives it; undefined if it never ends well. */
function whole(message: IncomingMessage): Promise<Parsed | undefined> {
  const parts: Buffer[] = [];
  return new Promise((resolve) => {
    message.on('data', (part: Buffer) => parts.push(part));
    message.on('error', () => resolve(undefined));
    message.on('close', () => resolve(undefined));
    message.on('end', () => {
      if (!message.complete) return resolve(undefined);
      const { method, url = '', statusCode, headers, rawHeaders, rawTrailers } = message;
      resolve({
        start: method ? `${method} ${url}` : String(statusCode),
        host: headers.host ?? '',
        fields: rawHeaders,
        body: Buffer.concat(parts),
        trailers: rawTrailers,
      });
    });
  });
}

export type Recorder = {
  readonly port: number;
  /** What was read whole on behalf of a client's address since it was asked last. */
  take(address: string): Parsed[];
  close(): Promise<void>;
};

/** An application that remembers what it read for each client, and answers each request with its number. */
export async function startRecorder(): Promise<Recorder> {
  const read = new Map<string, Parsed[]>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (message, response) => {
    void whole(message).then((parsed) => {
      if (!parsed) return;
      const address = String(message.headers['x-forwarded-for']);
      const list = read.get(address) ?? [];
      read.set(address, list);
      response.end(`${list.push(parsed)}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    take: (address) => {
      const list = read.get(address) ?? [];
      read.delete(address);
      return list;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** One end of a connection in memory: what is written to it is thrown away, or handed to `onWritten`. */
const memory = (onWritten: () => void = () => undefined): Duplex =>
  new Duplex({
    allowHalfOpen: true,
    read: () => undefined,
    write: (_bytes, _encoding, done) => {
      onWritten();
      done();
    },
  });

/** Node does not know `chunked` with blanks after it, which mean nothing (RFC 9110 §5.5). */
export const withPlainCoding = (text: string): string =>
  text.replace(/(\r\ntransfer-encoding:)[ \t]*(chunked)[ \t]*(?=\r\n)/i, '$1 $2');

/** The head of an answer, and of what comes before it (1xx). */
const answerHead = /^(?:HTTP\/1\.\d 1\d\d.*\r\n(?:.+\r\n)*\r\n)*.*\r\n(?:.+\r\n)*/;

/** How Node's own server reads the bytes of one connection: whole requests in turn, up to the first bad one. */
export async function requestsByNode(bytes: Buffer): Promise<Parsed[]> {
  const reads: Promise<Parsed | undefined>[] = [];
  const server: Server = createServer((message: IncomingMessage, response: ServerResponse) => {
    reads.push(whole(message));
    message.on('end', () => response.end());
  });
  server.on('clientError', () => undefined);
  const connection = memory();
  connection.on('error', () => undefined);
  server.emit('connection', connection);
  connection.push(bytes);
  connection.push(null);
  for (let turns = 0, known = -1; known !== reads.length || turns < 4; turns += 1) {
    known = reads.length;
    await turn();
  }
  connection.destroy();
  await turn();
  const all = await Promise.all(reads);
  const bad = all.indexOf(undefined);
  return (bad < 0 ? all : all.slice(0, bad)) as Parsed[];
}

/** How Node's own client reads the bytes of a connection as the answer to a GET; undefined if it is none. */
export async function answerByNode(bytes: Buffer): Promise<Parsed | undefined> {
  return await new Promise((resolve) => {
    const connection = memory(() => {
      connection.push(Buffer.from(bytes.toString('latin1').replace(answerHead, withPlainCoding), 'latin1'));
      connection.push(null);
    });
    const asked = request({ createConnection: () => connection as never, headers: { connection: 'close' } });
    let answered = false;
    asked.on('response', (message) => {
      answered = true; // Whatever goes wrong from here on, the message itself says whether it is whole.
      void whole(message).then(done);
    });
    asked.on('error', () => answered || done(undefined));
    asked.on('close', () => answered || done(undefined));
    asked.end();
    const done = (parsed: Parsed | undefined): void => {
      resolve(parsed);
      connection.destroy();
    };
  });
}
