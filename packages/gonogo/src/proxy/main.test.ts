import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { holdWebSocket } from '../../../../bench/strict-client/long-lived.ts';
import { startUpstream } from '../../../../bench/strict-client/upstream.ts';
import { eventually } from '../../../../test/suites/eventually.ts';
import { type ProxyProcess, startProxy } from '../../../../test/suites/proxy-process.ts';
import { asked, type RawInstance, raw, startRaw, withRaw } from '../../../../test/suites/raw.ts';
import { get } from '../../../../test/suites/router-tools.ts';
import { startStrictClient } from '../system/strict-client.ts';
import type { ProxyInput } from '../wire/proxy.ts';

describe('the proxy', () => {
  let proxy: ProxyProcess;
  before(async () => {
    proxy = await startProxy();
  });
  after(() => proxy?.close());

  const withInstance = <T>(serve: RawInstance['serve'], act: () => Promise<T>): Promise<T> =>
    withRaw(proxy, { serve }, act);
  const withAnswer = <T>(answer: string, act: () => Promise<T>): Promise<T> =>
    withInstance((socket) => socket.once('data', () => socket.end(Buffer.from(answer, 'latin1'))), act);

  const rude: Record<string, { answer: string; status: number }> = {
    nothing: { answer: '', status: 502 },
    garbage: { answer: '\x00\x01 hello \r\n\r\n', status: 502 },
    'status 099': { answer: 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n', status: 502 },
    'a head without an end': { answer: 'HTTP/1.1 200 OK\r\nContent-Le', status: 502 },
    'two lengths': {
      answer: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      status: 502,
    },
    'a switch nobody asked for': {
      answer: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      status: 502,
    },
    'a bad header name': {
      answer: 'HTTP/1.1 200 OK\r\nBad Name: 1\r\nContent-Length: 0\r\n\r\n',
      status: 502,
    },
    'only an early hint': {
      answer: 'HTTP/1.1 103 Early Hints\r\nLink: <a>; rel=preload\r\n\r\n',
      status: 502,
    },
    'a bad early hint': {
      answer:
        'HTTP/1.1 103 Early Hints\r\nLink: nonsense\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      status: 200,
    },
    'more than it said': { answer: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more', status: 200 },
  };
  for (const [name, { answer, status }] of Object.entries(rude)) {
    test(`an instance that answers ${name} gives ${status}, and the proxy lives on`, async () => {
      const got = await withAnswer(answer, () => raw(proxy.listen.port, asked()));
      const final = got.text.replace(/^HTTP\/1.1 103[\s\S]*?\r\n\r\n/, '');
      assert.match(final, new RegExp(`^HTTP/1.1 ${status} `), JSON.stringify(got));
      assert.equal(proxy.child.exitCode, null);
      if (status === 200) assert.match(final, /\r\n\r\nok$/);
    });
  }

  test('an answer that is cut off is cut off for the client, however it was framed', async () => {
    const framings = ['Content-Length: 100\r\n\r\npart', 'Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'];
    for (const framing of framings) {
      await withAnswer(`HTTP/1.1 200 OK\r\n${framing}`, async () => {
        const { text, reset } = await raw(proxy.listen.port, asked());
        assert.equal(reset || !/0\r\n\r\n$/.test(text), true);
        assert.ok(reset, `a clean end after: ${text}`);
        const client = startStrictClient({ ...proxy.listen, requests: 1, connections: 1 });
        assert.equal((await client.done).failed, 1);
      });
    }
  });

  test('an instance that resets gives 502, and one that is not there too', async () => {
    const status = await withInstance(
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      async () => (await get(proxy.listen)).status,
    );
    assert.equal(status, 502);
    assert.equal((await get(proxy.listen)).status, 502);
  });

  test('a request on a kept connection that the instance closes is asked again once, unless it has a body', async () => {
    let seen = 0;
    const serve = (socket: net.Socket): void => {
      let answered = 0;
      socket.on('data', () => {
        seen += 1;
        if (answered++ > 0) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    };
    await withInstance(serve, async () => {
      const statuses = [await get(proxy.listen), await get(proxy.listen)].map((answer) => answer.status);
      assert.deepEqual([statuses, seen], [[200, 200], 3]);
      await get(proxy.listen); // Leaves a kept connection, or uses it up and leaves a fresh one.
      const post = startStrictClient({
        ...proxy.listen,
        method: 'POST',
        body: 'x',
        requests: 2,
        connections: 1,
      });
      assert.ok((await post.done).losses['wrong-status'] >= 1, 'a POST must never be asked twice');
    });
  });

  test('a request whose kept connection breaks is asked again of another instance, where there is one', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    let asked = 0;
    // As one does that was just killed: its connections break, and its port takes new ones for a moment and drops them.
    const dying = await startRaw((socket) => {
      socket.on('data', () => (asked++ === 0 ? socket.write(answer) : socket.destroy()));
    });
    const living = await startRaw((socket) => socket.on('data', () => socket.write(answer)));
    try {
      await proxy.serve(dying.port);
      assert.equal((await get(proxy.listen)).status, 200);
      const members = [dying, living].map(({ port }, i) => ({
        instance: `blue-${i + 1}`,
        host: '127.0.0.1',
        port,
      }));
      await proxy.ask('members', { target: 't', slot: 'blue', members });
      const statuses: number[] = [];
      while (asked < 2 && statuses.length < 50) statuses.push((await get(proxy.listen)).status);
      assert.equal(asked, 2, 'it was asked on its kept connection, and never again');
      assert.deepEqual([...new Set(statuses)], [200]);
    } finally {
      await dying.close();
      await living.close();
    }
  });

  test('what a connection is about stays on it, and who forwards is told by the proxy alone', async () => {
    let head = '';
    const serve = (socket: net.Socket): void => {
      socket.once('data', (bytes) => {
        head = bytes.toString('latin1').toLowerCase();
        const secret = 'Connection: X-Inner\r\nX-Inner: 1\r\nKeep-Alive: timeout=1\r\ngonogo-slot: green';
        socket.end(
          `HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n${secret}\r\nContent-Length: 0\r\n\r\n`,
        );
      });
    };
    const sent = [
      'X-Forwarded-For: 6.6.6.6',
      'X_Forwarded_For: 6.6.6.6',
      'Forwarded: for=6.6.6.6',
      'gonogo-confirm: guess',
      'X-Mine: 1',
      'Connection: close, X-Mine',
      'Upgrade: h2c',
      'Transfer-Encoding: chunked',
      'Cookie: keep=1',
    ].join('\r\n');
    const { text } = await withInstance(serve, () =>
      raw(proxy.listen.port, `POST /p?q=1 HTTP/1.1\r\nHost: shop\r\n${sent}\r\n\r\n1\r\nx\r\n0\r\n\r\n`),
    );
    assert.match(head, /^post \/p\?q=1 http\/1.1\r\nhost: shop\r\n/);
    for (const name of ['6.6.6.6', 'gonogo-confirm', 'x-mine', 'h2c']) assert.ok(!head.includes(name), name);
    for (const line of [
      'cookie: keep=1',
      'x-forwarded-for: 127.0.0.1',
      'x-forwarded-host: shop',
      'x-forwarded-proto: http',
    ]) {
      assert.ok(head.includes(`\r\n${line}\r\n`), line);
    }
    assert.equal(head.match(/transfer-encoding: chunked/g)?.length, 1);
    assert.match(text, /Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
    assert.doesNotMatch(text, /x-inner|keep-alive: timeout=1\b|gonogo-slot/i);
  });

  test('what is asked of it in a wrong shape is refused with what is wrong with it', async () => {
    const asked = { target: 't', slot: 'red', weight: 1 } as unknown as ProxyInput<'counters'>;
    await assert.rejects(proxy.ask('counters', asked), {
      code: 'BAD_INPUT',
      message: 'counters: slot: must be blue or green; input: unknown key weight',
    });
  });

  test('a malformed request is refused and never reaches an instance', async () => {
    let connections = 0;
    await withInstance(
      () => {
        connections += 1;
      },
      async () => {
        const bad: [string, number][] = [
          ['GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
          ['GET / HTTP/1.1\r\n\r\n', 400],
          [
            'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
            400,
          ],
          ['TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 501],
          ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', 501],
          ['POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
          ['GET / HTTP/1.1\r\nHost: a b/..@x\r\n\r\n', 400],
          ['GET / HTTP/1.1\r\nHost: me@a\r\n\r\n', 400],
          ['GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
          ['GET ftp://other/ HTTP/1.1\r\nHost: a\r\n\r\n', 400],
        ];
        for (const [bytes, status] of bad) {
          assert.match((await raw(proxy.listen.port, bytes)).text, new RegExp(`^HTTP/1.1 ${status} `), bytes);
        }
      },
    );
    assert.equal(connections, 0);
  });

  test('HEAD, 204, 304, trailers, early hints and 100-continue pass', async (t) => {
    const server = http.createServer((request, response) => {
      if (request.url === '/204' || request.url === '/304')
        response.writeHead(Number(request.url.slice(1))).end();
      else if (request.url === '/trailers') {
        response.writeHead(200, { trailer: 'x-sum' });
        response.write('body');
        response.addTrailers({ 'x-sum': '42' });
        response.end();
      } else {
        response.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' });
        response.setHeader('content-length', 4);
        request.resume().on('end', () => response.end(request.method === 'HEAD' ? undefined : 'body'));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close().closeAllConnections());
    await proxy.serve((server.address() as net.AddressInfo).port);
    const text = async (bytes: string): Promise<string> => (await raw(proxy.listen.port, bytes)).text;
    assert.match(await text(asked('/204')), /^HTTP\/1.1 204 [\s\S]*\r\n\r\n$/);
    assert.match(await text(asked('/304')), /^HTTP\/1.1 304 [\s\S]*\r\n\r\n$/);
    assert.match(
      await text(asked().replace('GET', 'HEAD')),
      /200 OK[\s\S]*content-length: 4\r\n[\s\S]*\r\n\r\n$/i,
    );
    assert.match(await text(asked('/trailers')), /4\r\nbody\r\n0\r\nx-sum: 42\r\n\r\n$/i);
    assert.match(
      await text(asked()),
      /^HTTP\/1.1 103 Early Hints\r\nLink: <\/a.css>[\s\S]*200 OK[\s\S]*body$/i,
    );
    const expecting = asked('/', 'Expect: 100-continue\r\nContent-Length: 1\r\n').replace('GET', 'POST');
    assert.equal((await text(`${expecting}x`)).match(/100 Continue/g)?.length, 1);
  });

  test('a trailer that Connection names is taken away, in both directions', async () => {
    let came = '';
    const trailers = '0\r\nX-Inner: 1\r\nX-Sum: 42\r\n\r\n';
    const fields = 'Connection: X-Inner\r\nTransfer-Encoding: chunked\r\n';
    const serve = (socket: net.Socket): void => {
      socket.on('data', (bytes) => {
        came += bytes.toString('latin1');
        if (came.endsWith('42\r\n\r\n')) socket.end(`HTTP/1.1 200 OK\r\n${fields}\r\n${trailers}`);
      });
    };
    const sent = `POST / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n${fields}\r\n${trailers}`;
    const { text } = await withInstance(serve, () => raw(proxy.listen.port, sent));
    assert.match(came, /\r\n\r\n0\r\nX-Sum: 42\r\n\r\n$/);
    assert.match(text, /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\n0\r\nX-Sum: 42\r\n\r\n$/);
  });

  test('a client that leaves ends the request at the instance', async () => {
    let left = false;
    const serve = (socket: net.Socket): void => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n'),
      );
      socket.on('close', () => {
        left = true;
      });
    };
    await withInstance(serve, async () => {
      const client = net.connect(proxy.listen.port, '127.0.0.1', () => client.write(asked()));
      await once(client, 'data');
      client.destroy();
      await eventually('the instance learns it', () => left);
      assert.equal((await proxy.ask('counters', { target: 't', slot: 'blue' })).inFlight, 0);
    });
  });

  test('a stream that is read slowly is not collected in memory', async () => {
    let sent = 0;
    const part = Buffer.alloc(64 * 1024);
    const serve = (socket: net.Socket): void => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const more = (): void => {
          while (sent < 200 * 2 ** 20 && !socket.destroyed && socket.write(part)) sent += part.length;
        };
        socket.on('drain', more);
        more();
      });
    };
    await withInstance(serve, async () => {
      const client = net.connect(proxy.listen.port, '127.0.0.1', () => client.write(asked()));
      await once(client, 'readable');
      let before = -1;
      await eventually('the instance is held back', async () => {
        const stands = sent === before;
        before = sent;
        await sleep(200);
        return stands;
      });
      assert.ok(sent < 60 * 2 ** 20, `${sent} bytes were taken from the instance for nobody`);
      client.destroy();
    });
  });

  test('a WebSocket stays with the slot it was opened on, and a refused one gets its answer', async (t) => {
    const [blue, green] = await Promise.all([startUpstream('v1'), startUpstream('v2')]);
    t.after(() => Promise.all([blue.close(), green.close()]));
    await proxy.serve(blue.port);
    const early = holdWebSocket(proxy.listen);
    await early.begun;
    const members = [{ instance: 'green-1', host: '127.0.0.1', port: green.port }];
    await proxy.ask('members', { target: 't', slot: 'green', members });
    const { token } = await proxy.ask('prepare', {
      target: 't',
      from: { blue: 100 },
      to: { green: 100 },
      fence: 1,
    });
    await proxy.ask('commit', { token });
    const late = holdWebSocket(proxy.listen);
    await late.begun;
    assert.deepEqual([early.version(), late.version()], ['v1', 'v2']);
    assert.equal((await proxy.ask('counters', { target: 't', slot: 'blue' })).inFlight, 1);
    assert.deepEqual([await early.stop(), await late.stop()], [undefined, undefined]);
    assert.deepEqual(await proxy.ask('drain', { target: 't', slot: 'blue', deadline: 10_000 }), {
      closed: 0,
      cut: 0,
    });
    const upgrade = asked().replace('Connection: close', 'Connection: Upgrade\r\nUpgrade: websocket');
    await proxy.serve(1);
    assert.match((await raw(proxy.listen.port, upgrade)).text, /^HTTP\/1.1 502 /);
    const refused = await withAnswer('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno', () =>
      raw(proxy.listen.port, upgrade),
    );
    assert.match(refused.text, /^HTTP\/1.1 403 Forbidden\r\n[\s\S]*no$/);
  });
});
