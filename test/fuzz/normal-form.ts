/** A request or an answer as a parser read it; names and values in turn, as `rawHeaders` has them. */
export type Parsed = {
  /** `GET /path` or `200`. */
  readonly start: string;
  readonly host: string;
  readonly fields: readonly string[];
  readonly body: Buffer;
  readonly trailers: readonly string[];
};

/** A message in the form in which it leaves the proxy, to be compared. */
export type NormalForm = {
  readonly start: string;
  readonly host: string;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
};

/** About one connection, about framing, or said by the proxy itself: made anew on each side, so not compared. */
const madeAnew = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade', 'content-length'],
  ...[
    'proxy-authenticate',
    'proxy-authorization',
    'http2-settings',
    'host',
    'trailer',
    'expect',
    'via',
    'date',
  ],
  ...[
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-forwarded-host',
    'x-forwarded-port',
    'forwarded',
    'x-real-ip',
  ],
  ...['x-request-id', 'gonogo-slot', 'gonogo-instance', 'gonogo-confirm'],
]);

/** Connection cannot nominate these: without them the message would mean something else. */
const essential = new Set(['cookie', 'authorization', 'content-type']);

/** What remains of a target in absolute form: of one that names a server as a whole an asterisk (RFC 9112 §3.2.4). */
export function withoutAuthority(method: string, rest: string): string {
  if (rest === '' && method === 'OPTIONS') return '*';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** What a proxy must keep of a message, whatever it may do to the rest. */
export function normalForm({ start, host, fields, body, trailers }: Parsed): NormalForm {
  const nominated = new Set(
    pairs(fields)
      .filter(([name]) => name.toLowerCase() === 'connection')
      .flatMap(([, value]) => value.split(','))
      .map((name) => name.trim().toLowerCase())
      .filter((name) => !essential.has(name)),
  );
  const [, method = '', authority, path = ''] = /^(\S+) https?:\/\/([^/?]*)(\S*)$/i.exec(start) ?? [];
  return {
    start: authority === undefined ? start : `${method} ${withoutAuthority(method, path)}`,
    host: authority ?? host,
    fields: kept(fields, nominated),
    body: body.toString('latin1'),
    trailers: kept(trailers, nominated),
  };
}

const kept = (raw: readonly string[], nominated: ReadonlySet<string>): string[] =>
  pairs(raw)
    .filter(([name]) => {
      const lower = name.toLowerCase();
      // Underscores are read as hyphens behind a CGI, so the proxy may drop such a name too.
      const plain = lower.replaceAll('_', '-');
      return !madeAnew.has(plain) && !plain.startsWith('x-forwarded-') && !nominated.has(lower);
    })
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`);

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as [string, string]] : []));
}
