import assert from 'node:assert/strict';
import type net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../suites/eventually.ts';
import { type ProxyProcess, startProxy } from '../suites/proxy-process.ts';
import { raw, startRaw } from '../suites/raw.ts';

/** What the client must get: a status, with this body if it says one, or an answer that is visibly cut off. */
type Wanted = number | 'cut' | { readonly status: number; readonly body: string };
type Behaviour = {
  readonly does: (socket: net.Socket) => unknown;
  readonly gives: Wanted;
  /** Default: a GET. */
  readonly ask?: string;
  /** What comes after the answer must have come before the next question: then nobody could tell it from an answer. */
  readonly goesOn?: true;
};

const line = 'HTTP/1.1 200 OK\r\n';
const say =
  (text: string, leave?: 'end' | 'reset'): Behaviour['does'] =>
  (socket) =>
    socket.write(text, 'latin1', () => {
      if (leave === 'end') socket.end();
      if (leave === 'reset') socket.resetAndDestroy();
    });
const drip =
  (text: string) =>
  async (socket: net.Socket): Promise<void> => {
    for (let i = 0; !socket.destroyed && i < 2_000; i += 1) {
      socket.write(text[i % text.length] ?? '');
      await sleep(20);
    }
  };
/** Writes without end, as fast as it is read. */
const flood =
  (head: string, part: string): Behaviour['does'] =>
  (socket) => {
    socket.write(head);
    const more = (): void => {
      while (!socket.destroyed && socket.write(part.repeat(100)));
    };
    socket.on('drain', more);
    more();
  };
const request = (method: string, fields = '', body = ''): string =>
  `${method} /bad HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n${fields}\r\n${body}`;
const upload = request('POST', 'Content-Length: 300000\r\n', 'x'.repeat(300_000));

const behaviours: Record<string, Behaviour> = {
  'resets at once': { does: (socket) => socket.resetAndDestroy(), gives: 502 },
  'closes at once': { does: (socket) => socket.end(), gives: 502 },
  'never answers': { does: () => undefined, gives: 504 },
  'hangs in the middle of its head': { does: say(`${line}Content-Le`), gives: 504 },
  'sends its head one byte at a time, for ever': {
    does: drip(`${line}${'a: b\r\n'.repeat(1_000)}`),
    gives: 504,
  },
  'closes in the middle of its head': { does: say(`${line}Content-Le`, 'end'), gives: 502 },
  'resets in the middle of its head': { does: say(`${line}Content-Le`, 'reset'), gives: 502 },
  'sends fields without end': { does: flood(line, 'a: b\r\n'), gives: 502 },
  'sends one field without end': { does: flood(`${line}a: `, 'b'), gives: 502 },
  'sends a reason without end': { does: flood('HTTP/1.1 200 ', 'b'), gives: 502 },
  'sends early hints without end': { does: flood('', 'HTTP/1.1 103 Early Hints\r\n\r\n'), gives: 502 },
  'sends garbage': { does: say('\x00\xff\x80 garbage \r\n\r\n'), gives: 502 },
  'sends garbage without end': { does: flood('', '\x00\x01\x02'), gives: 502 },
  'speaks HTTP/0.9': { does: say('<html>hello</html>', 'end'), gives: 502 },
  'speaks HTTP/2': { does: say('\x00\x00\x12\x04\x00\x00\x00\x00\x00\r\n\r\n'), gives: 502 },
  'speaks TLS': { does: say('\x15\x03\x01\x00\x02\x02\x0a', 'end'), gives: 502 },
  'gives a status of four digits': { does: say('HTTP/1.1 2000 OK\r\n\r\n'), gives: 502 },
  'switches protocols unasked': {
    does: say('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    gives: 502,
  },
  'gives two lengths': { does: say(`${line}Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc`), gives: 502 },
  'gives a negative length': { does: say(`${line}Content-Length: -2\r\n\r\nab`), gives: 502 },
  'gives a length and chunks': {
    does: say(`${line}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`),
    gives: 502,
  },
  'gives a coding nobody knows': { does: say(`${line}Transfer-Encoding: gzip\r\n\r\nab`, 'end'), gives: 502 },
  'continues a field on the next line': {
    does: say(`${line}A: b\r\n c\r\nContent-Length: 2\r\n\r\nab`),
    gives: 502,
  },
  'ends lines with bare LFs': { does: say('HTTP/1.1 200 OK\nContent-Length: 2\n\nab'), gives: 502 },
  'puts a NUL into a field': { does: say(`${line}A: \x00\r\nContent-Length: 2\r\n\r\nab`), gives: 502 },
  'promises more than it sends, and closes': {
    does: say(`${line}Content-Length: 9\r\n\r\nab`, 'end'),
    gives: 'cut',
  },
  'promises more than it sends, and resets': {
    does: say(`${line}Content-Length: 9\r\n\r\nab`, 'reset'),
    gives: 'cut',
  },
  'promises more than it sends, and hangs': { does: say(`${line}Content-Length: 9\r\n\r\nab`), gives: 'cut' },
  'closes before its last chunk': {
    does: say(`${line}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`, 'end'),
    gives: 'cut',
  },
  'resets in the middle of a chunk': {
    does: say(`${line}Transfer-Encoding: chunked\r\n\r\n9\r\nab`, 'reset'),
    gives: 'cut',
  },
  'gives a bad chunk size': {
    does: say(`${line}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nxyz\r\n`),
    gives: 'cut',
  },
  'gives a chunk without its end': {
    does: say(`${line}Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n`),
    gives: 'cut',
  },
  'sends trailers without end': {
    does: flood(`${line}Transfer-Encoding: chunked\r\n\r\n0\r\n`, 'a: b\r\n'),
    gives: 'cut',
  },
  'sends a chunk extension without end': {
    does: flood(`${line}Transfer-Encoding: chunked\r\n\r\n2;a=`, 'b'),
    gives: 'cut',
  },
  'sends more than it promised': {
    does: say(`${line}Content-Length: 2\r\n\r\nok HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`),
    gives: { status: 200, body: 'ok' },
  },
  'answers twice': {
    does: say(`${`${line}Content-Length: 2\r\n\r\nok`}${line}Content-Length: 4\r\n\r\nevil`),
    gives: { status: 200, body: 'ok' },
  },
  'answers again when nothing was asked': {
    does: async (socket) => {
      socket.write(`${line}Content-Length: 2\r\n\r\nok`);
      await sleep(10);
      socket.write(`${line}Content-Length: 4\r\n\r\nevil`);
    },
    gives: { status: 200, body: 'ok' },
    goesOn: true,
  },
  'gives 204 a body': {
    does: say('HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\nevil'),
    gives: { status: 204, body: '' },
  },
  'gives 304 a body': {
    does: say('HTTP/1.1 304 No\r\nContent-Length: 4\r\n\r\nevil'),
    gives: { status: 304, body: '' },
  },
  'gives HEAD a body': {
    does: say(`${line}Content-Length: 4\r\n\r\nevil`),
    ask: request('HEAD'),
    gives: { status: 200, body: '' },
  },
  'ends its answer by closing': {
    does: say(`${line}\r\nall of it`, 'end'),
    gives: { status: 200, body: 'all of it' },
  },
  'answers in HTTP/1.0': {
    does: say('HTTP/1.0 200 OK\r\n\r\nall of it', 'end'),
    gives: { status: 200, body: 'all of it' },
  },
  'refuses an upload before it has read it': {
    does: say('HTTP/1.1 413 Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno', 'end'),
    ask: upload,
    gives: { status: 413, body: 'no' },
  },
  'resets an upload': { does: (socket) => socket.resetAndDestroy(), ask: upload, gives: 502 },
};

/** Answers `/good` as it should, and anything else as its behaviour has it. */
const serve = (does: Behaviour['does'], socket: net.Socket): void => {
  let seen = '';
  const listen = (bytes: Buffer): void => {
    seen += bytes.toString('latin1');
    if (!/ \/(good|bad) /.test(seen)) return;
    const good = seen.includes(' /good ');
    seen = '';
    if (good) socket.write(`${line}Content-Length: 4\r\n\r\ngood`);
    else does(socket);
  };
  socket.on('data', listen);
};

describe('before an instance that misbehaves', () => {
  let proxy: ProxyProcess;
  before(async () => {
    proxy = await startProxy();
  });
  after(() => proxy?.close());

  for (const [name, { does, gives, ask = request('GET'), goesOn }] of Object.entries(behaviours)) {
    test(`the client of one that ${name} gets ${typeof gives === 'object' ? gives.status : gives}, and the next one what it asked for`, async (t) => {
      const open = new Set<net.Socket>();
      const upstream = await startRaw((socket) => {
        open.add(socket);
        socket.on('close', () => open.delete(socket));
        serve(does, socket);
      });
      t.after(() => upstream.close());
      await proxy.serve(upstream.port, { limits: { answer: 600, total: 2_500 } });
      const { text, reset } = await raw(proxy.listen.port, ask);
      const final = text.replace(/^(HTTP\/1.1 1\d\d[\s\S]*?\r\n\r\n)+/, '');
      const said = JSON.stringify({ text: final.slice(0, 300), reset });
      if (gives === 'cut') {
        // What came in one piece with the fault need not be passed on.
        assert.match(final, /^(HTTP\/1.1 200 |$)/, said);
        assert.ok(reset, `a clean end: ${said}`);
      } else {
        const { status, body } = typeof gives === 'number' ? { status: gives, body: undefined } : gives;
        assert.match(final, new RegExp(`^HTTP/1.1 ${status} `), said);
        if (body !== undefined) assert.equal(contentOf(final), body, said);
        assert.doesNotMatch(final, /evil|127\.0\.0\.1|ECONN/, said);
      }
      if (goesOn) await eventually('the connection is given up', () => open.size === 0);
      for (let i = 0; i < 3; i += 1) {
        const next = await raw(proxy.listen.port, request('GET').replace('/bad', '/good'));
        assert.match(next.text, /^HTTP\/1.1 200 [\s\S]*\r\n\r\ngood$/, JSON.stringify(next));
      }
      const inFlight = async () => (await proxy.ask('counters', { target: 't', slot: 'blue' })).inFlight;
      await eventually('nothing is in flight', async () => (await inFlight()) === 0);
    });
  }
});

/** The content of an answer, whole or in chunks. */
function contentOf(answer: string): string {
  const [head = '', body = ''] = answer.split(/\r\n\r\n([\s\S]*)/);
  if (!/\r\ntransfer-encoding: chunked/i.test(head)) return body;
  return body.replace(/[0-9a-f]+\r\n([\s\S]*?)\r\n(?=[0-9a-f]+\r\n)/gi, '$1').replace(/0\r\n\r\n$/, '');
}
