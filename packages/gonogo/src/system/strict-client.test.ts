import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, test } from 'node:test';
import { type StrictOptions, type StrictSummary, startStrictClient } from './strict-client.ts';
import type { Loss } from './strict-connection.ts';

const right = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What the server does with one request: bytes to send, and how to leave the connection. */
type Act = { readonly send?: string; readonly leave?: 'end' | 'reset'; readonly later?: string };

/** A server that answers rightly but for every `every`th request of each connection, with which it does `act`. */
async function against(act: Act, every: number, more: Partial<StrictOptions> = {}): Promise<StrictSummary> {
  const server = net.createServer((socket) => {
    let asked = 0;
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      for (const _request of bytes.toString('latin1').matchAll(/(GET|POST|HEAD) [^\r]* HTTP\/1\.1\r\n/g)) {
        asked += 1;
        perform(socket, asked % every === 0 ? act : { send: right });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const client = startStrictClient({
    host: '127.0.0.1',
    port,
    connections: 2,
    requests: 60,
    timeout: 5_000,
    ...more,
  });
  const summary = await client.done;
  await new Promise((resolve) => server.close(resolve));
  return summary;
}

function perform(socket: net.Socket, { send, leave, later }: Act): void {
  if (send) socket.write(send);
  if (later) setTimeout(() => socket.destroyed || socket.write(later), 5);
  if (leave === 'end') socket.end();
  if (leave === 'reset') socket.resetAndDestroy();
}

describe('the strict client', () => {
  const planted: Record<string, { act: Act; loss: Loss }> = {
    'a kept connection that is closed instead of an answer': { act: { leave: 'end' }, loss: 'reused-silent' },
    'a kept connection that is reset instead of an answer': {
      act: { leave: 'reset' },
      loss: 'reused-silent',
    },
    'a body that is shorter than its length': {
      act: { send: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', leave: 'end' },
      loss: 'truncated',
    },
    'chunks without the last one': {
      act: { send: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n', leave: 'end' },
      loss: 'truncated',
    },
    'half a head': { act: { send: 'HTTP/1.1 200 O', leave: 'end' }, loss: 'truncated' },
    'what is no HTTP': { act: { send: 'hello\r\n\r\n', leave: 'end' }, loss: 'malformed' },
    'a bad chunk size': {
      act: { send: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n', leave: 'end' },
      loss: 'malformed',
    },
    'another status': { act: { send: right.replace('200 OK', '503 No') }, loss: 'wrong-status' },
    'another body': { act: { send: right.replace('\r\nok', '\r\nno') }, loss: 'wrong-body' },
    'bytes after the answer': { act: { send: `${right}more` }, loss: 'unsolicited' },
  };
  const judge: StrictOptions['judge'] = ({ status, body }) =>
    status !== 200 ? 'wrong-status' : body.toString() === 'ok' ? undefined : 'wrong-body';

  for (const [name, { act, loss }] of Object.entries(planted)) {
    test(`finds every one of: ${name}`, async () => {
      for (const method of ['GET', 'POST']) {
        const sum = await against(act, 3, {
          method,
          judge,
          connections: 1,
          ...(method === 'POST' ? { body: 'x' } : {}),
        });
        assert.deepEqual([sum.requests, sum.failed, sum.losses[loss]], [60, 20, 20], JSON.stringify(sum));
        assert.ok(sum.examples.length === 10 && sum.examples.every((text) => text.startsWith(loss)));
      }
    });
  }

  test('finds a first request without an answer, with one request a connection too', async () => {
    const sum = await against({ leave: 'end' }, 1, { keepAlive: false });
    assert.deepEqual([sum.failed, sum.losses['first-silent'], sum.connections], [60, 60, 60]);
  });

  test('finds bytes that come later, when nothing was asked', async () => {
    const sum = await against({ send: right, later: 'HTTP/1.1 408 Late\r\n\r\n' }, 1, {
      connections: 1,
      requests: 4,
      rate: 20,
    });
    assert.ok(sum.losses.unsolicited >= 3, JSON.stringify(sum));
  });

  test('finds an answer that never comes, and a server that is not there', async () => {
    const silent = await against({}, 1, { requests: 2, timeout: 50 });
    assert.equal(silent.losses.timeout, 2);
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const nobody = await startStrictClient({ host: '127.0.0.1', port, requests: 5, connections: 1 }).done;
    assert.deepEqual([nobody.requests, nobody.failed, nobody.losses.connect], [5, 5, 5]);
  });

  test('has nothing to complain of when a server does all it may', async () => {
    const acts: Act[] = [
      { send: right },
      { send: 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok', leave: 'end' },
      { send: 'HTTP/1.1 200 OK\r\n\r\nok', leave: 'end' },
      { send: 'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' },
      {
        send: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\no\r\n1\r\nk\r\n0\r\nX-Sum: 1\r\n\r\n',
      },
      { send: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n' },
    ];
    for (const act of acts) {
      const sum = await against(act, 2, { judge });
      assert.deepEqual([sum.requests, sum.failed, sum.examples], [60, 0, []]);
    }
    const head = await against({ send: right.replace('\r\nok', '\r\n') }, 1, { method: 'HEAD' });
    assert.equal(head.failed, 0);
  });

  test('ends at its time, and when it is stopped', async () => {
    const forMs = await against({ send: right }, 1, { requests: 1e9, forMs: 100 });
    assert.ok(forMs.requests > 0 && forMs.failed === 0);
  });
});
