/** One complete answer, read without mercy: RFC 9112 framing and nothing assumed. */
export type StrictAnswer = {
  readonly status: number;
  /** By lower-case name; the last one wins. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** The server said, or implied by HTTP/1.0, that it closes the connection after this answer. */
  readonly closes: boolean;
};

type Head = { readonly status: number; readonly headers: Map<string, string>; readonly closes: boolean };

/** Reads the bytes of one answer to one request as they come. Throws a SyntaxError for what is no answer. */
export class AnswerReader {
  readonly #bodiless: boolean;
  #bytes: Buffer = Buffer.alloc(0);
  #head: Head | undefined;
  #parts: Buffer[] = [];
  #started = false;

  /** `method` matters because an answer to HEAD has no body. */
  constructor(method: string) {
    this.#bodiless = method === 'HEAD';
  }

  /** True once any byte came. */
  get started(): boolean {
    return this.#started;
  }

  /** The status of the answer, once its head is here. */
  get status(): number | undefined {
    return this.#head?.status;
  }

  /** Bytes after the end of the answer: nobody asked for them. */
  get excess(): number {
    return this.#bytes.length;
  }

  /** Takes more bytes; answers the answer when it is complete. */
  push(bytes: Buffer): StrictAnswer | undefined {
    this.#started = true;
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    while (!this.#head) {
      const head = this.#takeHead();
      if (!head) return undefined;
      if (head.status >= 200 || head.status === 101) this.#head = head; // 100, 102, 103: the answer is still to come.
    }
    return this.#takeBody(this.#head);
  }

  /** The connection ended: an answer of no stated length is complete by that, any other is not. */
  end(): StrictAnswer | undefined {
    const head = this.#head;
    if (!head || lengthOf(head) !== undefined || isChunked(head)) return undefined;
    return this.#done(head, this.#take(this.#bytes.length));
  }

  #takeHead(): Head | undefined {
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    return parseHead(this.#take(end + 4).toString('latin1'));
  }

  #takeBody(head: Head): StrictAnswer | undefined {
    if (this.#bodiless || head.status < 200 || head.status === 204 || head.status === 304) {
      return this.#done(head, Buffer.alloc(0));
    }
    if (isChunked(head)) return this.#takeChunks(head);
    const length = lengthOf(head);
    if (length === undefined || this.#bytes.length < length) return undefined;
    return this.#done(head, this.#take(length));
  }

  #takeChunks(head: Head): StrictAnswer | undefined {
    for (;;) {
      const line = this.#bytes.indexOf('\r\n');
      if (line < 0) return undefined;
      const text = this.#bytes.toString('latin1', 0, line).split(';')[0] ?? '';
      if (!/^[0-9a-f]{1,8}$/i.test(text)) throw new SyntaxError(`not a chunk size: ${text}`);
      const size = Number.parseInt(text, 16);
      if (size === 0) return this.#takeTrailers(head, line);
      if (this.#bytes.length < line + size + 4) return undefined;
      this.#take(line + 2);
      this.#parts.push(this.#take(size));
      if (this.#take(2).toString('latin1') !== '\r\n')
        throw new SyntaxError('a chunk is longer than it said');
    }
  }

  #takeTrailers(head: Head, line: number): StrictAnswer | undefined {
    const bare = this.#bytes.indexOf('\r\n', line + 2) === line + 2;
    const end = bare ? line + 4 : this.#bytes.indexOf('\r\n\r\n', line + 2) + 4;
    if (end < line + 4) return undefined;
    this.#take(end);
    return this.#done(head, Buffer.concat(this.#parts));
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  #done(head: Head, body: Buffer): StrictAnswer {
    return { ...head, body };
  }
}

function parseHead(text: string): Head {
  const [first = '', ...lines] = text.slice(0, -4).split('\r\n');
  const found = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/.exec(first);
  if (!found) throw new SyntaxError(`not a status line: ${first.slice(0, 60)}`);
  const headers = new Map(lines.map(parseHeader));
  const connection = headers.get('connection')?.toLowerCase() ?? '';
  const closes = connection.includes('close') || (found[1] === '0' && !connection.includes('keep-alive'));
  return { status: Number(found[2]), headers, closes };
}

function parseHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new SyntaxError(`not a header: ${line.slice(0, 60)}`);
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
}

const isChunked = ({ headers }: Head): boolean =>
  headers.get('transfer-encoding')?.toLowerCase() === 'chunked';

function lengthOf({ headers }: Head): number | undefined {
  const text = headers.get('content-length');
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new SyntaxError(`not a length: ${text.slice(0, 60)}`);
  return Number(text);
}
