import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../../../../test/suites/eventually.ts';
import { type ProxyProcess, startProxy } from '../../../../test/suites/proxy-process.ts';
import { asked, type RawInstance, raw, withRaw } from '../../../../test/suites/raw.ts';
import type { RulesWire } from '../wire/proxy.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const switching = (protocol: string): string =>
  `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
/** A request that asks to switch, and whatever comes behind it. */
const upgrade = (protocols: string, line = 'GET /', more = ''): string =>
  `${line} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocols}\r\n${more}\r\n`;
/** One that shall be the last of its connection whatever is answered. */
const last = (request: string): string =>
  request.replace('Connection: Upgrade', 'Connection: Upgrade, close');

describe('upgrades', () => {
  let proxy: ProxyProcess;
  before(async () => {
    proxy = await startProxy();
  });
  after(() => proxy?.close());

  const withInstance = <T>(
    serve: RawInstance['serve'],
    rules: RulesWire,
    act: () => Promise<T>,
  ): Promise<T> => withRaw(proxy, { serve, rules, allowHalfOpen: true }, act);

  /** What an instance that answers `answer` was sent of a request, and what the client got. */
  async function exchange(
    request: string,
    { rules = {}, answer = ok }: { rules?: RulesWire; answer?: string },
  ): Promise<{ sent: string; got: string }> {
    let sent = '';
    const serve = (socket: net.Socket): void => {
      socket.on('data', (bytes) => {
        sent += bytes.toString('latin1');
        if (sent.includes('\r\n\r\n')) socket.end(answer);
      });
    };
    const { text } = await withInstance(serve, rules, () => raw(proxy.listen.port, request));
    return { sent, got: text };
  }

  const protocolsIn = (head: string): string | undefined => /\r\nUpgrade: (.*)\r\n/.exec(head)?.[1];

  test('only WebSocket is switched to where nobody asked for more; anything else goes on as a plain request', async () => {
    const h2c = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
    const { sent } = await exchange(asked('/', h2c), {});
    assert.doesNotMatch(sent, /upgrade|http2/i);
    assert.equal(protocolsIn((await exchange(last(upgrade('tcp')), {})).sent), undefined);
    const posted = await exchange(`${last(upgrade('websocket', 'POST /', 'Content-Length: 1\r\n'))}x`, {});
    assert.doesNotMatch(posted.sent, /upgrade/i);
    assert.equal(protocolsIn((await exchange(upgrade('WebSocket'), {})).sent), 'WebSocket');
  });

  test('a client that would like HTTP/2, as some always ask for, keeps its connection', async () => {
    const serve = (socket: net.Socket): void => void socket.on('data', () => socket.write(ok));
    const both = upgrade('h2c') + asked('/next');
    const { text } = await withInstance(serve, {}, () => raw(proxy.listen.port, both));
    assert.equal(text.match(/HTTP\/1.1 200 OK/g)?.length, 2);
  });

  test('of what a client asks for an instance is offered what its service lets it', async () => {
    const rules = { upgrades: ['tcp', 'websocket', 'spdy/3.1'] };
    const offered = async (request: string): Promise<string | undefined> =>
      protocolsIn((await exchange(last(request), { rules })).sent);
    assert.equal(await offered(upgrade('h2c, TCP ,x, SPDY/3.1,')), 'TCP, SPDY/3.1');
    assert.equal(await offered(upgrade('spdy')), undefined);
    assert.equal(await offered(upgrade('tcp, websocket', 'POST /attach', 'Content-Length: 0\r\n')), 'tcp');
    assert.equal(await offered(upgrade('tcp', 'GET /', 'Upgrade: websocket\r\n')), 'tcp, websocket');
    assert.equal(await offered(`${upgrade('tcp', 'POST /', 'Content-Length: 1\r\n')}x`), undefined);
    assert.equal(await offered(upgrade('tcp').replace('HTTP/1.1', 'HTTP/1.0')), undefined);
    assert.equal(
      protocolsIn((await exchange(last(upgrade('websocket')), { rules: { upgrades: [] } })).sent),
      undefined,
    );
  });

  test('an instance switches to one protocol that it was offered, or the client gets no switch', async () => {
    const rules = { upgrades: ['tcp', 'websocket'] };
    const switched = async (request: string, protocol: string): Promise<string> =>
      (await exchange(request, { rules, answer: `${switching(protocol)}hello` })).got;
    const got = await switched(upgrade('tcp, websocket'), 'TCP');
    assert.match(got, /^HTTP\/1.1 101 /);
    assert.equal(protocolsIn(got), 'TCP');
    assert.match(got, /\r\n\r\nhello$/);
    for (const protocol of ['websocket', 'tcp, websocket', 'h2c', '', 'tcp\r\nUpgrade: tcp'])
      assert.match(await switched(upgrade('tcp'), protocol), /^HTTP\/1.1 502 /, protocol);
    assert.match(await switched(upgrade('h2c'), 'h2c'), /^HTTP\/1.1 502 /);
  });

  test('what comes behind a request to switch that is answered otherwise is never read as a request', async () => {
    const { sent, got } = await exchange(upgrade('websocket') + asked('/smuggled'), {});
    assert.doesNotMatch(sent, /smuggled/);
    assert.match(got, /^HTTP\/1.1 200 OK\r\n(.*\r\n)*Connection: close\r\n/);
    assert.equal(got.match(/HTTP\/1.1 /g)?.length, 1);
    const nobody = await raw(proxy.listen.port, upgrade('websocket') + asked('/smuggled'));
    assert.equal(nobody.text.match(/HTTP\/1.1 /g)?.length, 1);
  });

  test('an instance that was asked to switch, and answered otherwise, is asked nothing more on that connection', async () => {
    const sent: string[] = [];
    const serve = (socket: net.Socket): void => {
      const of = sent.push('') - 1;
      socket.on('data', (bytes) => {
        sent[of] += bytes.toString('latin1');
        socket.write(ok);
      });
    };
    await withInstance(serve, {}, async () => {
      await raw(proxy.listen.port, upgrade('websocket'));
      await raw(proxy.listen.port, asked('/other'));
      assert.deepEqual(
        sent.map((text) => text.match(/^GET .*(?= HTTP)/gm)),
        [['GET /'], ['GET /other']],
      );
    });
  });

  test('a client that has sent all it has still gets what the instance sends', async () => {
    const serve = (socket: net.Socket): void => {
      socket.once('data', () => {
        socket.write(switching('tcp'));
        socket.once('data', (bytes) => {
          socket.once('end', () => setTimeout(() => socket.end(`got ${bytes}`), 100));
        });
      });
    };
    const text = await withInstance(serve, { upgrades: ['tcp'] }, async () => {
      const socket = net.connect({ ...proxy.listen, allowHalfOpen: true });
      socket.write(upgrade('tcp', 'POST /attach'));
      let got = '';
      for await (const bytes of socket) {
        if (got === '') socket.end('input');
        got += bytes;
      }
      return got;
    });
    assert.match(text, /\r\n\r\ngot input$/);
  });

  test('a tunnel of which one end has ended is closed when the other says nothing for too long, and no other is', async () => {
    const limits = { silence: 1_000 };
    const instances: net.Socket[] = [];
    const serve = (socket: net.Socket): void => {
      instances.push(socket.resume());
      socket.once('data', () => socket.write(switching('websocket')));
    };
    await withInstance(serve, {}, async () => {
      await proxy.ask('publish', { target: 't', settings: { limits } });
      const open = async (): Promise<net.Socket> => {
        const socket = net.connect({ ...proxy.listen, allowHalfOpen: true }).resume();
        socket.write(upgrade('websocket'));
        await once(socket, 'data');
        return socket;
      };
      const [quiet, speaking, left, deserted] = [await open(), await open(), await open(), await open()];
      speaking.end();
      const speaks = setInterval(() => instances[1]?.write('.'), 50);
      left.end();
      instances[3]?.end();
      await eventually('two are left', async () => {
        const [target] = (await proxy.ask('stats', undefined)).targets;
        return target?.slots[0]?.inFlight === 2;
      });
      clearInterval(speaks);
      const all = [quiet, speaking, left, deserted];
      assert.deepEqual(
        all.map(({ readableEnded }) => readableEnded),
        [false, false, true, true],
      );
      for (const socket of all) socket.destroy();
    });
  });

  test('after a switch every octet passes, both ways, what came early included', async () => {
    const [up, down] = [randomBytes(200_000), randomBytes(200_000)];
    const received: Buffer[] = [];
    const serve = (socket: net.Socket): void => {
      let open = false;
      socket.on('data', (bytes) => {
        const at = open ? 0 : bytes.indexOf('\r\n\r\n') + 4;
        received.push(bytes.subarray(at));
        if (open) return;
        open = true;
        socket.write(Buffer.concat([Buffer.from(switching('websocket')), down]));
      });
    };
    await withInstance(serve, {}, async () => {
      const socket = net.connect(proxy.listen.port, '127.0.0.1');
      const parts: Buffer[] = [];
      socket.on('data', (bytes) => parts.push(bytes)).on('error', () => undefined);
      socket.write(Buffer.concat([Buffer.from(upgrade('websocket')), up]));
      await eventually('all of it is there', () => {
        const all = Buffer.concat(parts);
        return all.subarray(all.indexOf('\r\n\r\n') + 4).equals(down) && Buffer.concat(received).equals(up);
      });
      socket.destroy();
    });
  });
});
