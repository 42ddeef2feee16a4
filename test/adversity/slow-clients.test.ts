import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { residentMb } from '../../bench/proxy/process-stat.ts';
import { exec } from '../../packages/gonogo/src/system/exec.ts';
import { startStrictClient } from '../../packages/gonogo/src/system/strict-client.ts';
import { needs } from '../require.ts';
import { eventually } from '../suites/eventually.ts';
import { type ProxyProcess, startProxy } from '../suites/proxy-process.ts';
import { startRaw } from '../suites/raw.ts';
import { stands } from '../suites/router-tools.ts';

const megabyte = Buffer.alloc(1e6, 'x');
/** More than the kernel takes for a client that does not read. */
const large = Buffer.alloc(30e6, 'x');

/** Ways of slowhttptest(1), and how many connections do it. */
const attacks: Record<string, readonly string[]> = {
  'send their heads slowly': ['-H', '-i', '1', '-x', '10', '-c', '400', '-r', '400'],
  'send their bodies slowly': ['-B', '-i', '5', '-s', '8192', '-x', '10', '-c', '400', '-r', '400'],
  'read their answers slowly': [
    '-X',
    '-i',
    '1',
    '-n',
    '5',
    '-w',
    '10',
    '-y',
    '20',
    '-z',
    '5',
    '-c',
    '40',
    '-r',
    '40',
  ],
};

describe('while clients are slow', () => {
  let proxy: ProxyProcess;
  let server: Server;
  let rss: () => number;
  let descriptors: () => number;
  before(async () => {
    server = createServer((request, response) => {
      if (request.url === '/small') response.end('ok');
      else request.resume().on('end', () => response.end(large));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    proxy = await startProxy();
    rss = () => residentMb(proxy.child.pid ?? 0).now;
    descriptors = () => readdirSync(`/proc/${proxy.child.pid}/fd`).length;
  });
  after(() => {
    server?.close().closeAllConnections();
    return proxy?.close();
  });

  /** Serves the port while `act` runs beside a client that must not lose a request. */
  async function served(port: number, act: () => Promise<void>): Promise<void> {
    await proxy.serve(port, { limits: { head: 1_500, body: 1_500 } });
    const client = startStrictClient({
      ...proxy.listen,
      path: '/small',
      connections: 2,
      rate: 40,
      timeout: 20_000,
    });
    await eventually('it is served', () => client.counts().requests > 4);
    try {
      await act();
    } finally {
      const { failed, examples } = await client.stop();
      assert.deepEqual([failed, examples], [0, []]);
    }
  }

  for (const [name, argv] of Object.entries(attacks)) {
    test(`others are served when clients ${name}, who are sent away`, {
      skip: needs('slowhttptest'),
    }, async () => {
      const before = { rss: rss(), descriptors: descriptors() };
      await served((server.address() as AddressInfo).port, async () => {
        const url = `http://127.0.0.1:${proxy.listen.port}/`;
        const ending = new AbortController();
        const command = ['slowhttptest', ...argv, '-l', '60', '-p', '10', '-u', url];
        const env = { PATH: process.env.PATH ?? '', TERM: 'dumb' };
        const ended = exec(command, { cwd: '/', env, signal: ending.signal });
        await eventually('they are connected', () => descriptors() > before.descriptors + 30);
        const highest = rss();
        await eventually('they are sent away', () => descriptors() <= before.descriptors + 4);
        ending.abort();
        await ended;
        assert.ok(highest - before.rss < 60, `${before.rss} MB became ${highest} MB`);
      });
    });
  }

  /** So many connections that do one thing; each is closed at the end. */
  async function crowd(
    size: number,
    act: (socket: net.Socket) => void,
    meanwhile: () => Promise<void>,
  ): Promise<void> {
    const sockets = Array.from({ length: size }, () => net.connect(proxy.listen.port, '127.0.0.1'));
    for (const socket of sockets)
      socket.on('error', () => socket.destroy()).once('connect', () => act(socket));
    try {
      await meanwhile();
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  }

  test('two hundred answers of 50 MB that nobody reads are held back at the instance', async () => {
    let taken = 0;
    const flood = await startRaw((socket) => {
      socket.on('data', (bytes) => {
        if (bytes.includes(' /small '))
          return void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n');
        const more = (): void => {
          let goesOn = true;
          while (goesOn && !socket.destroyed) {
            goesOn = socket.write(megabyte);
            taken += megabyte.length;
          }
        };
        socket.on('drain', more);
        more();
      });
    });
    const before = rss();
    await served(flood.port, () =>
      crowd(
        200,
        (socket) => socket.pause().write('GET / HTTP/1.1\r\nHost: shop\r\n\r\n'),
        async () => {
          await stands('nothing more is taken', () => taken);
          assert.ok(rss() - before < 120, `${before} MB became ${rss()} MB`);
        },
      ),
    );
    await flood.close();
  });

  test('two hundred uploads that the instance does not read are held back at the clients', async () => {
    let sent = 0;
    const deaf = await startRaw((socket) => {
      socket.once('data', (bytes) => {
        if (bytes.includes('POST ')) return void socket.pause();
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
      });
    });
    const before = rss();
    const upload = (socket: net.Socket): void => {
      socket.write('POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 50000000\r\n\r\n');
      const more = (): void => {
        while (!socket.destroyed && socket.write(megabyte)) sent += megabyte.length;
      };
      socket.on('drain', () => {
        sent += megabyte.length;
        more();
      });
      more();
    };
    await served(deaf.port, () =>
      crowd(200, upload, async () => {
        await stands('nothing more is sent', () => sent);
        assert.ok(rss() - before < 120, `${before} MB became ${rss()} MB`);
      }),
    );
    await deaf.close();
  });
});
