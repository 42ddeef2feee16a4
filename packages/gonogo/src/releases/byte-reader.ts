import { problem } from '../errors.ts';

/** Exact pieces of a stream of bytes. */
export type ByteReader = {
  /** The next bytes, exactly so many; fails with ARTIFACT_INCOMPLETE when there are fewer. */
  take(length: number): Promise<Buffer>;
  /** The next bytes as they come, so many in all; fails alike. */
  pieces(length: number): AsyncGenerator<Uint8Array>;
  /** What stands before the next line feed; fails alike, also when there is none within `limit` bytes. */
  line(limit: number): Promise<string>;
  /** True when nothing comes any more. */
  isAtEnd(): Promise<boolean>;
};

/** Reads a stream piece by piece. It is not closed early: whoever sends still wants to be told why. */
export function byteReader(artifact: string, bytes: AsyncIterable<Uint8Array>): ByteReader {
  const source = bytes[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  const incomplete = (why: string): Error => problem('ARTIFACT_INCOMPLETE', { artifact, why });
  const more = async (): Promise<boolean> => {
    while (rest.length === 0) {
      const next = await source.next();
      if (next.done) return false;
      rest = next.value;
    }
    return true;
  };
  async function* pieces(length: number): AsyncGenerator<Uint8Array> {
    for (let due = length; due > 0; ) {
      if (!(await more())) throw incomplete(`${due} bytes are missing`);
      const piece = rest.subarray(0, due);
      rest = rest.subarray(piece.length);
      due -= piece.length;
      yield piece;
    }
  }
  const take = async (length: number): Promise<Buffer> => {
    const parts: Uint8Array[] = [];
    for await (const piece of pieces(length)) parts.push(piece);
    return Buffer.concat(parts);
  };
  const line = async (limit: number): Promise<string> => {
    const parts: Uint8Array[] = [];
    for (let length = 0; length <= limit && (await more()); ) {
      const end = rest.indexOf(10);
      if (end >= 0) {
        const [last] = [rest.subarray(0, end)];
        rest = rest.subarray(end + 1);
        return Buffer.concat([...parts, last]).toString('utf8');
      }
      parts.push(rest);
      length += rest.length;
      rest = new Uint8Array(0);
    }
    throw incomplete('it does not say what it holds');
  };
  return { take, pieces, line, isAtEnd: async () => !(await more()) };
}
