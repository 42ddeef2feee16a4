import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BodyReader, type Framing } from './body.ts';
import { requestText } from './render.ts';
import { readRequest } from './request-head.ts';
import { readResponse } from './response-head.ts';

const limits = { headBytes: 4096, fields: 20, uriBytes: 200 };
const request = (text: string) => {
  const bytes = Buffer.from(text, 'latin1');
  return readRequest(bytes, { at: 0, end: bytes.length }, limits);
};
const response = (text: string) => {
  const bytes = Buffer.from(text, 'latin1');
  return readResponse(bytes, { at: 0, end: bytes.length }, 4096);
};

test('a request head is read, with its fields in normal form', () => {
  const head = request('GET /a?b HTTP/1.1\r\nHost: shop\r\nA:1\r\nB:  2\t \r\nX-Empty:\r\nc: 3\r\n\r\nrest');
  assert.ok(typeof head === 'object' && 'kept' in head);
  assert.equal(head.kept, 'A: 1\r\nB: 2\r\nX-Empty: \r\nc: 3\r\n');
  assert.deepEqual([head.method, head.target, head.host, head.minor], ['GET', '/a?b', 'shop', 1]);
  assert.deepEqual([head.length, head.chunked, head.keepAlive], [-1, false, true]);
});

const refused: Record<string, [string, number]> = {
  'a space before the colon': ['GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
  'a folded line': ['GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n', 400],
  'a bare LF': ['GET / HTTP/1.1\nHost: a\n\n', 400],
  'a bare CR in a value': ['GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n', 400],
  'a NUL in a value': ['GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n', 400],
  'no colon': ['GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n', 400],
  'two lengths': ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n', 400],
  'a list of lengths': ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n', 400],
  'a signed length': ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n', 400],
  'a hidden coding': ['GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n', 400],
  'a coding not understood': ['GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', 501],
  'an unknown version': ['GET / HTTP/1.2\r\nHost: a\r\n\r\n', 505],
  'no version': ['GET /\r\nHost: a\r\n\r\n', 400],
  'two spaces': ['GET  / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  'a fragment': ['GET /#a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  'a long target': [`GET /${'a'.repeat(200)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  'many fields': [`GET / HTTP/1.1\r\nHost: a\r\n${'A: b\r\n'.repeat(20)}\r\n`, 431],
  'a long head': [`GET / HTTP/1.1\r\nHost: a\r\nA: ${'b'.repeat(4096)}\r\n\r\n`, 431],
  'a long head without an end': [`GET / HTTP/1.1\r\nHost: a\r\nA: ${'b'.repeat(4096)}`, 431],
  'a strange expectation': ['GET / HTTP/1.1\r\nHost: a\r\nExpect: cake\r\n\r\n', 417],
};
for (const [name, [text, status]] of Object.entries(refused)) {
  test(`a request with ${name} is refused with ${status}`, () => {
    const refusal = request(text);
    assert.ok(typeof refusal === 'object' && 'status' in refusal, JSON.stringify(refusal));
    assert.equal(refusal.status, status);
  });
}

test('what a connection is about, and what CGI would mistake for it, is not kept', () => {
  const fields = [
    'Connection: close, X-Hop, Host',
    'Keep-Alive: timeout=1',
    'X-Hop: 1',
    'Content_Length: 5',
    'X_Forwarded_For: 1',
    'X-Forwarded-Anything: 1',
    'TE: trailers',
    'X-Request-ID: abc',
    'gonogo-confirm: s',
    'Cookie: a=b',
    'Content-Type: text/plain',
  ];
  const head = request(`GET / HTTP/1.1\r\nHost: a\r\n${fields.join('\r\n')}\r\n\r\n`);
  assert.ok(typeof head === 'object' && 'kept' in head);
  assert.equal(head.kept, 'Cookie: a=b\r\nContent-Type: text/plain\r\n');
  assert.deepEqual([head.keepAlive, head.trailers, head.id], [false, true, 'abc']);
  assert.equal(head.given?.get('gonogo-confirm'), 's');
});

test('whether trailers are welcome is told to the instance, and Connection says so', () => {
  const head = request('GET / HTTP/1.1\r\nHost: a\r\nTE: trailers, gzip\r\nConnection: TE\r\n\r\n');
  assert.ok(typeof head === 'object' && 'kept' in head);
  const text = requestText(head, { host: 'a', forwarded: '', id: 'abc', offered: '' });
  assert.equal(
    text,
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: trailers\r\nX-Request-Id: abc\r\n\r\n',
  );
});

test('an absolute target speaks before the Host field', () => {
  const head = request('GET http://b:81?x HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.ok(typeof head === 'object' && 'kept' in head);
  assert.deepEqual([head.target, head.host], ['/?x', 'b:81']);
});

test('an answer head is read in normal form, without what is about the connection or says who answers', () => {
  const head = response(
    'HTTP/1.0 404 Not  Found\r\nA:1\r\nKeep-Alive: timeout=5\r\ngonogo-slot: x\r\nContent-Type: text/event-stream\r\nContent-Length: 007\r\n\r\n',
  );
  assert.ok(typeof head === 'object');
  assert.equal(head.kept, 'HTTP/1.1 404 Not  Found\r\nA: 1\r\nContent-Type: text/event-stream\r\n');
  assert.deepEqual([head.length, head.idle, head.events, head.keepAlive], [7, 5000, true, false]);
});

for (const text of [
  'HTTP/1.1 099 Odd\r\n\r\n',
  'HTTP/2.0 200 OK\r\n\r\n',
  'HTTP/1.1 200OK\r\n\r\n',
  'HTTP/1.1 200 O\rK\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n',
  'HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n',
  'garbage\r\n\r\n',
]) {
  test(`an answer that begins ${JSON.stringify(text)} is not one`, () => assert.equal(response(text), -2));
}

/** Cuts octets at arbitrary places. */
const pieces = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i] ?? 0, end));
};

function readBody(framing: Framing, parts: readonly Buffer[]) {
  const reader = new BodyReader(framing);
  const content: Buffer[] = [];
  const sink = {
    data: (b: Buffer, start: number, end: number) => void content.push(Buffer.from(b.subarray(start, end))),
  };
  let excess = 0;
  for (const part of parts) {
    const at = reader.done ? 0 : reader.read(part, { at: 0, end: part.length }, sink);
    if (at < 0) return undefined;
    excess += part.length - at;
  }
  return { content: Buffer.concat(content), done: reader.done, trailers: reader.trailers, excess };
}

const cuts = fc.array(fc.nat(), { maxLength: 12 });
const chunk = fc.record({
  data: fc.uint8Array({ minLength: 1, maxLength: 40 }).map((data) => Buffer.from(data)),
  zeros: fc.nat(2),
  extension: fc.constantFrom('', ';a', ';a=b', ';a="x y"'),
});

test('a chunked body is the same however it is cut, and ends where it ends', () => {
  fc.assert(
    fc.property(fc.array(chunk), fc.constantFrom('', 'A: 1\r\nB:2\r\n'), cuts, (chunks, trailers, at) => {
      const text = chunks.map(({ data, zeros, extension }) =>
        Buffer.concat([
          Buffer.from(`${'0'.repeat(zeros)}${data.length.toString(16)}${extension}\r\n`),
          data,
          Buffer.from('\r\n'),
        ]),
      );
      const whole = Buffer.concat([...text, Buffer.from(`0\r\n${trailers}\r\nNEXT`)]);
      const read = readBody('chunked', pieces(whole, at));
      assert.deepEqual(read, {
        content: Buffer.concat(chunks.map(({ data }) => data)),
        done: true,
        trailers: trailers === '' ? '' : 'A: 1\r\nB: 2\r\n',
        excess: 4,
      });
    }),
  );
});

test('a body of a stated length ends there, however it is cut', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(20), cuts, (octets, excess, at) => {
      const read = readBody(octets.length, pieces(Buffer.concat([octets, Buffer.alloc(excess)]), at));
      assert.deepEqual(read, { content: Buffer.from(octets), done: true, trailers: '', excess });
    }),
  );
});

for (const text of [
  '\r\n',
  ' 1\r\nx\r\n',
  '1 \r\nx\r\n',
  '0x1\r\nx\r\n',
  '1\nx\r\n',
  '1\r\nxy\r\n',
  '1\r\nx\n0\r\n\r\n',
  '-1\r\n',
  '1;a\nb\r\nx\r\n',
  'fffffffffffffff\r\n',
  '0\r\nA: 1\n\r\n\r\n',
  '0\r\n\n',
  `1;${'a'.repeat(2000)}\r\n`,
]) {
  test(`a chunked body ${JSON.stringify(text.slice(0, 20))} is refused`, () => {
    const read = readBody('chunked', [Buffer.from(text)]);
    assert.equal(read, undefined);
  });
}

test('a head is incomplete until its last octet, wherever it is cut, and then the same', () => {
  const text = 'POST /x HTTP/1.1\r\nHost: a\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n';
  for (let length = 0; length < text.length; length += 1) assert.equal(request(text.slice(0, length)), -1);
  assert.equal(typeof request(text), 'object');
});
