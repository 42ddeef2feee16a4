import assert from 'node:assert/strict';
import type net from 'node:net';
import { describe, test } from 'node:test';
import { eventually } from '../../test/suites/eventually.ts';
import { startRaw } from '../../test/suites/raw.ts';
import { repeat, type Script } from './script.ts';
import { pipelined, slowUpload } from './scripts.ts';

const answer = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const pipelinedAnswers = ['v1 ', 'v1 first body', 'v1 ', 'v1 second body'].map(answer);
const uploaded = answer(`v1 ${'slow and steady '.repeat(4096)}`);

type Faulty = { readonly script: Script; readonly right: readonly string[]; spoil(socket: net.Socket): void };

/** Plays a script until ten runs were spoilt, every third on each connection. Answers how many losses it should see. */
async function against({ script, right, spoil }: Faulty) {
  const last =
    script.requests.at(-1)?.method === 'POST' && script.pieces.length === 1 ? '0\r\n\r\n' : 'steady ';
  let spoilt = 0;
  const server = await startRaw((socket) => {
    let text = '';
    let runs = 0;
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (!text.endsWith(last) || (last === 'steady ' && text.length < 65_536)) return;
      text = '';
      runs += 1;
      if (runs % 3 !== 0) return void socket.write(right.join(''), 'latin1');
      spoilt += 1;
      spoil(socket);
    });
  });
  const client = repeat({ host: '127.0.0.1', port: server.port, script, connections: 2, every: 1 });
  await eventually('ten runs are spoilt', () => spoilt >= 10);
  const sum = await client.stop();
  await server.close();
  return { ...sum, spoilt };
}

const fast = { ...slowUpload(['v1']), pause: 1 };

describe('the strict client of several requests at once and of slow uploads', () => {
  const planted: Record<
    string,
    { script: Script; right: readonly string[]; send: string; end?: 'end' | 'reset'; each: number }
  > = {
    'the last of four answers': {
      script: pipelined(['v1']),
      right: pipelinedAnswers,
      send: pipelinedAnswers.slice(0, 3).join(''),
      end: 'end',
      each: 1,
    },
    'all four answers, by a reset': {
      script: pipelined(['v1']),
      right: pipelinedAnswers,
      send: '',
      end: 'reset',
      each: 4,
    },
    'the order of two answers': {
      script: pipelined(['v1']),
      right: pipelinedAnswers,
      send: [pipelinedAnswers[0], pipelinedAnswers[3], pipelinedAnswers[2], pipelinedAnswers[1]].join(''),
      each: 2,
    },
    'half of the second answer': {
      script: pipelined(['v1']),
      right: pipelinedAnswers,
      send: pipelinedAnswers.slice(0, 2).join('').slice(0, -3),
      end: 'end',
      each: 3,
    },
    'an answer of an upload': { script: fast, right: [uploaded], send: '', end: 'end', each: 1 },
    'one byte of an upload': {
      script: fast,
      right: [uploaded],
      send: uploaded.replace('steady slow', 'steadyXslow'),
      each: 1,
    },
    'the end of an uploaded body': {
      script: fast,
      right: [uploaded],
      send: uploaded.slice(0, -1),
      end: 'end',
      each: 1,
    },
  };
  for (const [name, { script, right, send, end, each }] of Object.entries(planted)) {
    test(`finds every loss of ${name}`, async () => {
      const spoil = (socket: net.Socket): void => {
        socket.write(send, 'latin1', () => {
          if (end === 'end') socket.end();
          if (end === 'reset') socket.resetAndDestroy();
        });
      };
      const { failed, spoilt, examples } = await against({ script, right, spoil });
      assert.equal(failed, spoilt * each, JSON.stringify(examples));
    });
  }

  test('does not call lost what was left behind an answer that closes', async () => {
    const closing = (pipelinedAnswers[0] ?? '').replace('\r\n', '\r\nConnection: close\r\n');
    const spoil = (socket: net.Socket): void => void socket.end(closing);
    const { failed, requests } = await against({ script: pipelined(['v1']), right: pipelinedAnswers, spoil });
    assert.equal(failed, 0);
    assert.ok(requests > 40);
  });
});
