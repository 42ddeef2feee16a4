import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import net, { type AddressInfo } from 'node:net';

export type Bulk = { readonly port: number; close(): Promise<void> };

const block = Buffer.alloc(64 * 1024, 'gonogo');

/** An application in a process of its own: GET `/<bytes>` is answered with so many; a body is counted and its length answered. */
export async function spawnBulk(): Promise<Bulk> {
  const child = fork(import.meta.filename, { env: { PATH: process.env.PATH ?? '' } });
  const [port] = (await once(child, 'message')) as [number];
  return {
    port,
    close: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function serve(): void {
  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    if (request.method === 'GET') {
      let left = Number(request.url?.slice(1));
      response.writeHead(200, { 'content-length': left });
      const more = (): void => {
        while (left > 0) {
          const part = block.subarray(0, Math.min(left, block.length));
          left -= part.length;
          if (!response.write(part)) return;
        }
        response.end();
      };
      response.on('drain', more);
      more();
      return;
    }
    let count = 0;
    request.on('data', (part: Buffer) => {
      count += part.length;
    });
    request.on('end', () => response.end(String(count)));
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit(0));
}

/** Downloads so many bytes on a connection of its own; fails unless exactly these come. */
export async function download(port: number, bytes: number): Promise<void> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(`GET /${bytes} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`);
  let [head, count] = ['', 0];
  socket.on('data', (part) => {
    if (head.includes('\r\n\r\n')) count += part.length;
    else {
      head += part.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end >= 0) count = head.length - end - 4;
    }
  });
  await once(socket, 'end');
  socket.destroy();
  if (count !== bytes) throw new Error(`${count} of ${bytes} bytes came`);
}

/** Uploads so many bytes on a connection of its own; fails unless the application has counted exactly these. */
export async function upload(port: number, bytes: number): Promise<void> {
  const socket = net.connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text;
  });
  const ended = once(socket, 'end');
  socket.write(`POST / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`);
  for (let left = bytes; left > 0; left -= block.length) {
    if (!socket.write(block.subarray(0, Math.min(left, block.length)))) await once(socket, 'drain');
  }
  await ended;
  socket.destroy();
  if (!answer.includes(`\r\n${bytes}`))
    throw new Error(`the upload of ${bytes} bytes was answered with ${answer}`);
}

if (process.send && process.argv[1] === import.meta.filename) serve();
