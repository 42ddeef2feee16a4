/** One request as the application must have read it. Bytes are latin1 throughout. */
export type Read = {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly body: string;
};

export type Vector = {
  readonly name: string;
  /** What the client sends at once; the runner appends one more request. */
  readonly bytes: string;
  /** What the application reads of it, and nothing else. */
  readonly reads: readonly Read[];
  /** The proxy's own last answer, after which it closes; without it the request that the runner appended is read too. */
  readonly refused?: readonly number[];
  /** The proxy closes after the last answer without a refusal, so that the appended request is not read. */
  readonly closes?: true;
  /** The client ends its side after `bytes`, and nothing is appended. */
  readonly ends?: true;
  /** Upstreams that refuse by themselves what others accept: what then arrives behind them. */
  readonly behind?: Readonly<Partial<Record<'nginx' | 'haproxy', readonly Read[]>>>;
};

type More = Omit<Vector, 'name' | 'bytes' | 'reads' | 'refused'>;

/** A vector that is understood as `reads`. */
export const understood = (
  name: string,
  bytes: string,
  reads: Read | readonly Read[],
  more: More = {},
): Vector => ({ name, bytes, reads: [reads].flat(), ...more });

/** A vector that is refused with one of some statuses, after what came before it was answered. */
export const refused = (
  name: string,
  status: number | readonly number[],
  bytes: string,
  before: readonly Read[] = [],
): Vector => ({ name, bytes, reads: before, refused: [status].flat() });

/** What the application reads for a GET, or for what `change` says. */
export const request = (change: Partial<Read> = {}): Read => ({
  method: 'GET',
  target: '/',
  host: 'shop',
  body: '',
  ...change,
});

/** What the application reads for a POST with a body. */
export const posted = (body: string, change: Partial<Read> = {}): Read =>
  request({ method: 'POST', body, ...change });

/** A request's bytes: the request line, `Host: shop`, these field lines, and what follows the head. */
export const message = (line: string, fields: readonly string[] = [], body = ''): string =>
  [line, 'Host: shop', ...fields, '', body].join('\r\n');

export const get = (...fields: string[]): string => message('GET / HTTP/1.1', fields);

/** A POST with these fields and whatever bytes come after its head. */
export const post = (fields: readonly string[], body = ''): string =>
  message('POST / HTTP/1.1', fields, body);

/** A POST with `Transfer-Encoding: chunked` and this as its chunked body. */
export const chunked = (body: string): string => post(['Transfer-Encoding: chunked'], body);

export const hello = '5\r\nhello\r\n0\r\n\r\n';
/** What an attacker wants to be read as a request of its own. */
export const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: shop\r\n\r\n';
