import fc from 'fast-check';
import type { Parsed } from './normal-form.ts';

/** A message's bytes, and what a parser must read of them. */
export type Message = { readonly bytes: Buffer; readonly parsed: Parsed };

type Piece = readonly [name: string, value: string];

const characters = (set: string, maxLength: number, minLength = 0): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...set), minLength, maxLength });
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const tokens = `${letters}!#$%&'*+-.^_\`|~`;
const visible = String.fromCharCode(...Array.from({ length: 94 }, (_, i) => 33 + i));
const high = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => 128 + i));

const value = fc.oneof(
  { weight: 4, arbitrary: characters(`${visible} `, 20) },
  { weight: 1, arbitrary: characters(`${visible}${high} \t`, 60) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'chunked', '5', 'close', 'a: b', ',', '0\t', 'GET / HTTP/1.1'),
  },
);
/** A prefix keeps generated names apart from those that mean something. */
const name = characters(tokens, 12).map((rest) => `f${rest}`);
const field: fc.Arbitrary<Piece> = fc.tuple(name, value.map(trimmed));
const knownField = fc.constantFrom<Piece>(
  ...([
    ['Accept', '*/*'],
    ['Cookie', 'a=1; b=2'],
    ['Content-Type', 'text/plain'],
    ['Connection', 'f1, F2'],
    ['Keep-Alive', 'timeout=5'],
    ['TE', 'trailers'],
    ['Upgrade', 'h2c'],
    ['X-Forwarded-For', '10.0.0.1'],
    ['Transfer_Encoding', 'chunked'],
    ['Range', 'bytes=0-1'],
  ] as const),
);
const fieldLines = fc.array(fc.oneof({ weight: 3, arbitrary: field }, { weight: 1, arbitrary: knownField }), {
  maxLength: 8,
});
const blanks = fc.constantFrom('', ' ', ' ', ' ', '  ', '\t', ' \t ');

/** Only blanks and tabs are no part of a value (RFC 9110 §5.5). */
function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

/** Bytes made from a size and a seed: quick to make, and they shrink. */
const body = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 200 }) },
      { weight: 1, arbitrary: fc.integer({ min: 201, max: 100_000 }) },
    ),
    fc.integer({ min: 0, max: 255 }),
  )
  .map(([size, seed]) => {
    const bytes = Buffer.allocUnsafe(size);
    for (let i = 0, state = seed; i < size; i += 1) {
      state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
      bytes[i] = state >> 16;
    }
    return bytes;
  });

type Framing = {
  readonly chunked: boolean;
  readonly cuts: readonly number[];
  readonly extension: string;
  readonly zeros: number;
  readonly trailers: readonly Piece[];
  readonly upper: boolean;
};
const framing: fc.Arbitrary<Framing> = fc.record({
  chunked: fc.boolean(),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  extension: fc.constantFrom('', '', '', ';a', ';a=b', ';a="b;c\\"d"', ';x=1;y=2'),
  zeros: fc.constantFrom(0, 0, 0, 1, 3),
  trailers: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(field, { maxLength: 3 }) },
  ),
  upper: fc.boolean(),
});

const host = fc.constantFrom('shop', 'shop:8080', 'SHOP.example', '127.0.0.1', '[::1]:80', 'a-b_c.d.');
const path = characters(`${letters}-._~!$&'()*+,;=:@/`, 30).map((rest) => `/${rest}`);
const query = fc.oneof(
  fc.constant(''),
  characters(`${letters}-._~!$&'()*+,;=:@/?`, 30).map((rest) => `?${rest}`),
);
/** An URL's path cannot begin with two slashes where an authority stands before it, without being one. */
const target = fc
  .tuple(fc.constantFrom('', '', '', '', 'http://other', 'http://other:81'), path, query)
  .map(([origin, left, right]) => `${origin}${left}${right}`);
const method = fc.constantFrom(
  'GET',
  'GET',
  'POST',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'PROPFIND',
  'HEAD',
);

const lines = (pieces: readonly Piece[], blank: string): string =>
  pieces.map(([key, text]) => `${key}:${blank}${text}${blank === ' \t ' ? blank : ''}\r\n`).join('');

/** A body as chunks cut at these shares of its length, and its trailers. */
function chunked(bytes: Buffer, how: Framing): Buffer {
  const at = [...how.cuts.map((share) => Math.floor(share * bytes.length)), bytes.length].sort(
    (a, b) => a - b,
  );
  const parts: Buffer[] = [];
  let from = 0;
  for (const to of at) {
    if (to === from) continue;
    const hex = '0'.repeat(how.zeros) + (to - from).toString(16);
    parts.push(Buffer.from(`${how.upper ? hex.toUpperCase() : hex}${how.extension}\r\n`));
    parts.push(bytes.subarray(from, to), Buffer.from('\r\n'));
    from = to;
  }
  parts.push(Buffer.from(`0${how.extension}\r\n${lines(how.trailers, ' ')}\r\n`, 'latin1'));
  return Buffer.concat(parts);
}

function build(
  start: string,
  hostValue: string,
  { fields, bytes, how, blank }: { fields: readonly Piece[]; bytes: Buffer; how: Framing; blank: string },
): Message {
  const framed: Piece[] = how.chunked
    ? [['Transfer-Encoding', how.upper ? 'Chunked' : 'chunked']]
    : bytes.length > 0 || how.upper || !start.endsWith(' HTTP/1.1')
      ? [['Content-Length', `${'0'.repeat(how.zeros)}${bytes.length}`]]
      : [];
  const all = [...fields.slice(0, how.cuts.length), ...framed, ...fields.slice(how.cuts.length)];
  const hosts: Piece[] = hostValue ? [['Host', hostValue]] : [];
  const head = `${start}\r\n${lines([...hosts, ...all], blank)}\r\n`;
  return {
    bytes: Buffer.concat([Buffer.from(head, 'latin1'), how.chunked ? chunked(bytes, how) : bytes]),
    parsed: {
      start: start.replace(/^HTTP\/1.1 (\d+).*$| HTTP\/1.1$/, '$1'),
      host: hostValue,
      fields: fields.flat(),
      body: bytes,
      trailers: how.chunked ? how.trailers.flat() : [],
    },
  };
}

/** Any valid request that does not close its connection. */
export const request: fc.Arbitrary<Message> = fc
  .record({ method, target, host, fields: fieldLines, bytes: body, how: framing, blank: blanks })
  .map(({ method: verb, target: aim, host: where, ...rest }) =>
    build(`${verb} ${aim} HTTP/1.1`, where, rest),
  );

const status = fc.constantFrom(
  '200 OK',
  '200 ',
  '201 Created',
  '404 Not Found',
  '500 No \xe9',
  '299 Odd',
  '206 Part',
);

/** Any valid answer of stated length. */
export const answer: fc.Arbitrary<Message> = fc
  .record({ status, fields: fieldLines, bytes: body, how: framing, blank: blanks })
  .map(({ status: line, ...rest }) => build(`HTTP/1.1 ${line}`, '', rest));

/** Where bytes are cut into segments, as shares of their length. */
export const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });

export function segments(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const at = [
    0,
    ...shares.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b),
    bytes.length,
  ];
  return at.flatMap((from, i) => {
    const to = at[i + 1] ?? from;
    return to > from ? [bytes.subarray(from, to)] : [];
  });
}

type Change = { readonly kind: string; readonly at: number; readonly length: number; readonly byte: number };
const nasty = [
  0, 1, 9, 10, 11, 12, 13, 32, 34, 35, 43, 44, 45, 48, 49, 53, 58, 59, 61, 64, 92, 97, 127, 128, 160, 255,
];

/** Changes that leave a message nearly valid; most of them in its head and in the first chunks. */
export const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(
      'insert',
      'insert',
      'replace',
      'replace',
      'delete',
      'repeat',
      'line',
      'bare',
      'swap',
      'cut',
    ),
    at: fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 200 }) },
      fc.integer({ min: 0, max: 2_000 }),
    ),
    length: fc.integer({ min: 1, max: 12 }),
    byte: fc.constantFrom(...nasty),
  }),
  { minLength: 1, maxLength: 3 },
);

export const mutate = (bytes: Buffer, all: readonly Change[]): Buffer =>
  all.reduce((text, change) => changed(text, change), bytes);

function changed(bytes: Buffer, { kind, at: anywhere, length, byte }: Change): Buffer {
  const at = bytes.length === 0 ? 0 : anywhere % bytes.length;
  const [before, piece, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ];
  const one = Buffer.from([byte]);
  const lineEnd = bytes.indexOf('\r\n', at);
  const lineStart = lineEnd < 0 ? 0 : bytes.lastIndexOf('\r\n', lineEnd - 1) + 2;
  switch (kind) {
    case 'insert':
      return Buffer.concat([before, one, bytes.subarray(at)]);
    case 'replace':
      return Buffer.concat([before, one, bytes.subarray(at + 1)]);
    case 'delete':
      return Buffer.concat([before, after]);
    case 'repeat':
      return Buffer.concat([before, piece, piece, after]);
    case 'swap':
      return Buffer.concat([before, after.subarray(0, length), piece, after.subarray(length)]);
    case 'cut':
      return before;
    case 'bare': // A line end loses its CR or its LF.
      return lineEnd < 0
        ? bytes
        : Buffer.concat([
            bytes.subarray(0, lineEnd),
            Buffer.from(byte % 2 ? '\n' : '\r'),
            bytes.subarray(lineEnd + 2),
          ]);
    default: // A line is said twice.
      return lineEnd < 0
        ? bytes
        : Buffer.concat([
            bytes.subarray(0, lineEnd + 2),
            bytes.subarray(lineStart, lineEnd + 2),
            bytes.subarray(lineEnd + 2),
          ]);
  }
}
