import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../../test/suites/eventually.ts';
import { type ProxyProcess, startProxy } from '../../../../test/suites/proxy-process.ts';
import { asked, raw, startRaw } from '../../../../test/suites/raw.ts';
import type { SettingsWire } from '../wire/proxy.ts';

const head = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n';

describe('deadlines of the proxy', () => {
  let proxy: ProxyProcess;
  before(async () => {
    proxy = await startProxy();
  });
  after(() => proxy?.close());

  /** Serves one raw instance under these limits while `act` runs. */
  async function under(
    limits: NonNullable<SettingsWire['limits']>,
    serve: (socket: net.Socket) => void,
    act: (upstream: Awaited<ReturnType<typeof startRaw>>) => Promise<void>,
  ): Promise<void> {
    const upstream = await startRaw(serve);
    await proxy.ask('publish', { target: 't', settings: { limits } });
    await proxy.serve(upstream.port);
    await proxy.ask('publish', { target: 't', settings: { limits } });
    try {
      await act(upstream);
    } finally {
      await upstream.close();
    }
  }
  const silent = (socket: net.Socket): void => void socket.resume();

  test('a head that comes octet by octet is answered 408, however often one comes', async () => {
    await under({ head: 400 }, silent, async () => {
      const socket = net.connect(proxy.listen.port, '127.0.0.1');
      let text = '';
      socket.on('data', (bytes) => {
        text += bytes;
      });
      socket.on('error', () => undefined);
      const ended = once(socket, 'close');
      for (let i = 0; text === '' && i < 400; i += 1) {
        socket.write(i === 0 ? 'GET / HTTP/1.1\r\nX: ' : 'a');
        await sleep(50);
      }
      socket.end();
      await ended;
      assert.match(text, /^HTTP\/1.1 408 [\s\S]*Connection: close/);
    });
  });

  test('a body that stops, or comes octet by octet, is answered 408', async () => {
    await under({ body: 400 }, silent, async (upstream) => {
      assert.match((await raw(proxy.listen.port, `${post}abc`)).text, /^HTTP\/1.1 408 /);
      await eventually('the instance is let go', () => upstream.connections() === 0);
    });
    await under({ body: 700, bodyRate: 1_000 }, silent, async () => {
      const socket = net.connect(proxy.listen.port, '127.0.0.1');
      let text = '';
      socket
        .on('error', () => undefined)
        .on('data', (bytes) => {
          text += bytes;
        });
      socket.write(post);
      for (let i = 0; text === '' && i < 90; i += 1) {
        socket.write('a');
        await sleep(100);
      }
      socket.destroy();
      assert.match(text, /^HTTP\/1.1 408 /);
    });
  });

  test('an instance that does not answer in time gives 504, and so does one that is never done', async () => {
    await under({ answer: 300 }, silent, async (upstream) => {
      assert.match((await raw(proxy.listen.port, asked())).text, /^HTTP\/1.1 504 /);
      await eventually('the instance is let go', () => upstream.connections() === 0);
    });
    await under({ total: 300 }, silent, async () => {
      assert.match((await raw(proxy.listen.port, asked())).text, /^HTTP\/1.1 504 /);
    });
  });

  test('an instance that stops in the middle of its answer cuts the answer off, unless it sends events', async () => {
    const part = (type: string) => (socket: net.Socket) =>
      socket.once('data', () =>
        socket.write(
          `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`,
        ),
      );
    await under({ silence: 300 }, part('text/plain'), async () => {
      const { text, reset } = await raw(proxy.listen.port, asked());
      assert.match(text, /^HTTP\/1.1 200 /);
      assert.ok(reset);
    });
    await under({ silence: 300 }, part('text/event-stream'), async () => {
      const socket = net.connect(proxy.listen.port, '127.0.0.1', () => socket.write(asked()));
      await once(socket, 'data');
      const end = await Promise.race([once(socket, 'close'), sleep(1_500, 'still open')]);
      assert.equal(end, 'still open');
      socket.destroy();
    });
  });

  test('a client that does not read is cut off, and its instance is let go', async () => {
    const endless = (socket: net.Socket): void => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const more = (): void => {
          while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
        };
        socket.on('drain', more);
        more();
      });
    };
    await under({ body: 500 }, endless, async (upstream) => {
      const socket = net.connect(proxy.listen.port, '127.0.0.1', () => socket.write(asked()));
      socket.on('error', () => undefined);
      await once(socket, 'readable');
      await eventually('the instance is let go', () => upstream.connections() === 0);
      socket.destroy();
    });
  });

  test('an idle client is closed, and one that closed its half gets its answer but not a silent stream', async () => {
    const later = (socket: net.Socket): void => {
      socket.once('data', async () => {
        await sleep(200);
        socket.write(`${head}late`);
      });
    };
    await under({ idleClient: 300 }, later, async () => {
      const { text, reset } = await raw(proxy.listen.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      assert.match(text, /late$/);
      assert.equal(reset, false);
    });
    await under({}, later, async () => {
      const socket = net.connect({ port: proxy.listen.port, host: '127.0.0.1', allowHalfOpen: true });
      socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const [bytes] = await once(socket, 'data');
      assert.match(String(bytes), /late$/);
    });
    const stream = (socket: net.Socket): void => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'));
    };
    await under({ halfClosed: 300 }, stream, async (upstream) => {
      const socket = net.connect({ port: proxy.listen.port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined).end('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await once(socket, 'data');
      await eventually('the instance is let go', () => upstream.connections() === 0);
      socket.destroy();
    });
  });

  test('a body that waited in a hold is not late by that', async () => {
    const answerAll = (socket: net.Socket): void => {
      socket.on('data', (bytes) => String(bytes).endsWith('x') && socket.write(`${head}done`));
    };
    await under({ body: 2_000 }, answerAll, async (upstream) => {
      await proxy.ask('hold', { target: 't', atMost: 9, within: 60_000 });
      const socket = net.connect(proxy.listen.port, '127.0.0.1');
      socket.write(post);
      await sleep(2_200);
      await proxy.ask('release', { target: 't' });
      await eventually('it is asked', () => upstream.connections() > 0);
      await sleep(700); // The clock is looked at in between.
      socket.write('x'.repeat(100));
      const [answer] = await once(socket, 'data');
      assert.match(String(answer), /^HTTP\/1.1 200 /);
      socket.destroy();
    });
  });

  test('what cannot be repeated rides no connection that the instance may be about to close', async () => {
    let opened = 0;
    const serve = (socket: net.Socket): void => {
      opened += 1;
      socket.on('data', (bytes) => {
        const [, seconds] = /\/(\d+)/.exec(String(bytes)) ?? [];
        const keeps = seconds ? `Keep-Alive: timeout=${seconds}\r\n` : '';
        socket.write(`HTTP/1.1 200 OK\r\n${keeps}Content-Length: 2\r\n\r\nok`);
      });
    };
    await under({ idleUpstream: 1 }, serve, async () => {
      const ask = async (method: string, path: string): Promise<number> => {
        const { text } = await raw(proxy.listen.port, asked(path).replace('GET', method));
        assert.match(text, /^HTTP\/1.1 200 /);
        await sleep(5);
        return opened;
      };
      assert.equal(await ask('GET', '/30'), 1);
      assert.equal(await ask('POST', '/30'), 1, 'it is kept for 29 s');
      assert.equal(await ask('GET', '/1'), 1);
      assert.equal(await ask('POST', '/1'), 2, 'it is kept for a second, less a second');
      assert.equal(await ask('GET', '/'), 2, 'what can be repeated rides any');
      assert.equal(await ask('POST', '/'), 3);
      assert.equal(await ask('PUT', '/'), 3, 'to do it twice is to do it once');
      assert.equal(await ask('POST', '/'), 4, 'of an instance that says nothing it is not known');
    });
  });

  test('the kernel asks for both ends of a silent WebSocket or event stream', {
    skip: process.platform === 'linux' ? false : 'reads /proc/net/tcp',
  }, async () => {
    const answers: Record<string, string> = {
      websocket: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      stream: 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n',
      plain: head,
    };
    const switching = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    let instance: net.Socket | undefined;
    const serve = (socket: net.Socket): void => {
      instance = socket;
      socket.on('data', (bytes) => socket.write(answers[/\/(\w+)/.exec(String(bytes))?.[1] ?? ''] ?? ''));
    };
    await under({}, serve, async () => {
      const timers: Record<string, (string | undefined)[]> = {};
      for (const kind of Object.keys(answers)) {
        const socket = net.connect(proxy.listen.port, '127.0.0.1');
        socket.write(`GET /${kind} HTTP/1.1\r\nHost: a\r\n${kind === 'websocket' ? switching : ''}\r\n`);
        await once(socket, 'data');
        timers[kind] = [socket, instance].map(otherTimerOf);
        socket.destroy();
      }
      assert.deepEqual(timers, { websocket: ['02', '02'], stream: ['02', '02'], plain: ['00', '00'] });
    });
  });
});

/** The timer of the other side of a connection, as proc_pid_net(5) has it: 02 is keep-alive. */
function otherTimerOf(socket: net.Socket | undefined): string | undefined {
  const { remotePort: port = 0, localPort: remote = 0 } = socket ?? {};
  const hex = (number: number): string => number.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return fields
    .find(([, local, peer]) => local?.endsWith(`:${hex(port)}`) && peer?.endsWith(`:${hex(remote)}`))?.[5]
    ?.slice(0, 2);
}
