import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../../test/suites/eventually.ts';
import { type ProxyProcess, startProxy } from '../../../../test/suites/proxy-process.ts';
import { asked, type RawInstance, raw, startRaw, withRaw } from '../../../../test/suites/raw.ts';
import type { SettingsWire } from '../wire/proxy.ts';

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('forwarding', () => {
  let proxy: ProxyProcess;
  before(async () => {
    proxy = await startProxy();
  });
  after(() => proxy?.close());

  const withInstance = <T>(serve: RawInstance['serve'], act: () => Promise<T>): Promise<T> =>
    withRaw(proxy, { serve }, act);

  /** What an instance that answers `answer` was sent, and what the client got. */
  async function exchange(
    request: string,
    answer = ok,
    settings: SettingsWire = {},
  ): Promise<{ sent: string; got: string }> {
    let sent = '';
    const serve = (socket: net.Socket): void => {
      socket.on('data', (bytes) => {
        if (sent === '') setTimeout(() => socket.write(Buffer.from(answer, 'latin1')), 50); // All of it comes first.
        sent += bytes.toString('latin1');
      });
    };
    const { text } = await withInstance(serve, async () => {
      await proxy.ask('publish', { target: 't', settings });
      return await raw(proxy.listen.port, request);
    });
    return { sent, got: text };
  }

  test('long bodies arrive octet for octet, both ways, however they are framed and however slowly they are read', async (t) => {
    const body = randomBytes(3_000_000);
    const server = http.createServer(async (request, response) => {
      if (request.method === 'GET') {
        if (request.url === '/length') response.setHeader('content-length', body.length);
        response.write(body.subarray(0, 1000));
        response.end(body.subarray(1000));
        return;
      }
      const sum = createHash('sha256');
      for await (const part of request) {
        sum.update(part);
        if (Math.random() < 0.05) await sleep(5);
      }
      response.end(sum.digest('hex'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close().closeAllConnections());
    await proxy.serve((server.address() as net.AddressInfo).port);
    const ask = async (method: string, path: string, headers = {}): Promise<string> => {
      const request = http.request({ ...proxy.listen, method, path, headers, agent: false });
      request.end(method === 'GET' ? undefined : body);
      const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
      const parts: Buffer[] = [];
      for await (const part of answer) {
        parts.push(part);
        if (Math.random() < 0.05) await sleep(5);
      }
      return method === 'GET' ? hash(Buffer.concat(parts)) : Buffer.concat(parts).toString();
    };
    const all = await Promise.all([
      ask('GET', '/length'),
      ask('GET', '/chunked'),
      ask('POST', '/', { 'content-length': body.length }),
      ask('POST', '/', { 'transfer-encoding': 'chunked' }),
    ]);
    assert.deepEqual(all, new Array(4).fill(hash(body)));
  });

  test('requests that come at once are asked one after another and answered in their order', async () => {
    let under = 0;
    let most = 0;
    const serve = (socket: net.Socket): void => {
      socket.on('data', async (bytes) => {
        under += 1;
        most = Math.max(most, under);
        await sleep(20);
        const [, path = ''] = / (\S+) /.exec(String(bytes)) ?? [];
        under -= 1;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
      });
    };
    const requests = ['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const { text } = await withInstance(serve, () =>
      raw(proxy.listen.port, `${requests.join('')}${asked('/4')}GET /5 HTTP/1.1\r\nHost: a\r\n\r\n`),
    );
    assert.deepEqual(text.match(/(?<=\r\n\r\n)\/\d/g), ['/1', '/2', '/3', '/4']);
    assert.equal(most, 1);
  });

  test('an answer before the end of the request goes out in full, and the rest of the request is not read as one', async () => {
    const serve = (socket: net.Socket): void => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge'),
      );
    };
    await withInstance(serve, async () => {
      const socket = net.connect(proxy.listen.port, '127.0.0.1');
      let text = '';
      socket
        .on('error', () => undefined)
        .on('data', (bytes) => {
          text += bytes;
        });
      socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n');
      for (let i = 0; i < 20; i += 1) {
        socket.write(asked('/smuggled').repeat(500));
        await sleep(5);
      }
      await eventually('the answer is there', () => text.endsWith('large'));
      assert.match(text, /^HTTP\/1.1 413 [^\r]*\r\n[\s\S]*Connection: close\r\n/);
      assert.equal(text.match(/HTTP\/1.1/g)?.length, 1);
      socket.destroy();
    });
  });

  test('HTTP/1.0 clients get what they understand, and keep their connection only if they ask for it', async () => {
    const chunked =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX: 1\r\n\r\n';
    const plain = await exchange('GET / HTTP/1.0\r\n\r\n', `HTTP/1.1 103 Early Hints\r\n\r\n${chunked}`);
    assert.match(plain.got, /^HTTP\/1.1 200 OK\r\nConnection: close\r\n\r\nabc$/);
    const head = await exchange(
      'HEAD / HTTP/1.0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    assert.match(head.got, /^HTTP\/1.1 200 OK\r\nConnection: close\r\n\r\n$/);
    const kept = await exchange('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n');
    assert.match(kept.got, /Connection: keep-alive\r\n\r\nok/);
  });

  test('an absolute address speaks before the Host field, and a request id passes on or is made', async () => {
    const { sent } = await exchange(
      'GET http://real:81/a?b HTTP/1.1\r\nHost: other\r\nX-Request-Id: mine-1\r\nConnection: close\r\n\r\n',
    );
    assert.match(sent, /^GET \/a\?b HTTP\/1.1\r\nHost: real:81\r\n/);
    assert.match(sent, /\r\nX-Request-Id: mine-1\r\n/);
    assert.match(sent, /\r\nForwarded: for=127.0.0.1;host="real:81";proto=http\r\n/);
    const made = await exchange(asked('/', 'X-Request-Id: not one\r\n'));
    assert.match(made.sent, /\r\nX-Request-Id: [\w-]{8,}\r\n/);
    assert.doesNotMatch(made.sent, /not one/);
  });

  test('a trusted proxy in front of us is believed, and added to', async () => {
    const told = 'X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nForwarded: for=9.9.9.9\r\n';
    const settings = { trusted: ['127.0.0.0/8'] };
    const { sent } = await exchange(asked('/', told), ok, settings);
    for (const line of [
      'X-Forwarded-For: 9.9.9.9, 127.0.0.1',
      'X-Forwarded-Proto: https',
      'Forwarded: for=9.9.9.9, for=127.0.0.1;host=shop;proto=http',
    ])
      assert.ok(sent.includes(`\r\n${line}\r\n`), sent);
  });

  test('trailers of a request pass, without those that may not be there', async () => {
    const body = '3\r\nabc\r\n0\r\nX-Sum: 1\r\nHost: evil\r\nContent-Length: 5\r\nX-Forwarded-For: 1\r\n\r\n';
    const { sent } = await exchange(
      `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
    );
    assert.match(sent, /\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n$/);
  });

  test('a repeatable request is asked once more on a fresh connection, with its body, and never a third time', async () => {
    const seen: string[] = [];
    const serve = (socket: net.Socket): void => {
      let answered = false;
      socket.on('data', (bytes) => {
        const text = String(bytes);
        seen.push(`${text.slice(0, 3)} ${text.slice(text.indexOf('\r\n\r\n') + 4)}`);
        if (text.includes('/never')) socket.destroy();
        else if (answered) socket.destroy();
        else {
          answered = true;
          socket.write(ok);
        }
      });
    };
    await withInstance(serve, async () => {
      const put = (path: string): string =>
        `PUT ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody`;
      await raw(proxy.listen.port, asked());
      assert.match((await raw(proxy.listen.port, put('/'))).text, /^HTTP\/1.1 200 /);
      assert.deepEqual(seen, ['GET ', 'PUT body', 'PUT body']);
      assert.match((await raw(proxy.listen.port, put('/never'))).text, /^HTTP\/1.1 502 /);
      assert.deepEqual(seen.slice(3), ['PUT body', 'PUT body']);
      assert.match((await raw(proxy.listen.port, put('/never'))).text, /^HTTP\/1.1 502 /);
      assert.equal(seen.length, 6);
    });
  });

  test('an instance that is not there is passed over for one that is, also with a body', async () => {
    const upstream = await startRaw((socket) => socket.on('data', () => socket.write(ok)));
    await proxy.serve(upstream.port);
    const members = [1, upstream.port].map((port) => ({ instance: `b${port}`, host: '127.0.0.1', port }));
    await proxy.ask('members', { target: 't', slot: 'blue', members });
    const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody';
    for (let i = 0; i < 4; i += 1) assert.match((await raw(proxy.listen.port, post)).text, /^HTTP\/1.1 200 /);
    await upstream.close();
  });

  test('a long body is not lost with an instance that is not there', async () => {
    const upstream = await startRaw((socket) => {
      let count = 0;
      socket.on('data', (bytes) => {
        count += bytes.length;
        if (bytes.includes('end'))
          socket.write(`HTTP/1.1 200 OK\r\nX-All: ${count > 300_000}\r\nContent-Length: 0\r\n\r\n`);
      });
    });
    await proxy.serve(upstream.port);
    const body = `${'x'.repeat(300_000)}end`;
    const framed = [
      `Content-Length: ${body.length}\r\n\r\n${body}`,
      `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ];
    for (const rest of framed) {
      // They come anew, so that nothing is known of the one that is not there.
      await proxy.ask('members', { target: 't', slot: 'blue', members: [] });
      const members = [1, upstream.port].map((port) => ({ instance: `b${port}`, host: '127.0.0.1', port }));
      await proxy.ask('members', { target: 't', slot: 'blue', members });
      for (let i = 0; i < 2; i += 1) {
        const { text } = await raw(
          proxy.listen.port,
          `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${rest}`,
        );
        assert.match(text, /^HTTP\/1.1 200 OK\r\nX-All: true\r\n/);
      }
    }
    await upstream.close();
  });
});
