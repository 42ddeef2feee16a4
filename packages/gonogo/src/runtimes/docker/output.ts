import { StringDecoder } from 'node:string_decoder';

/** What a container printed: on stdout (1) or stderr (2). */
export type Frame = { readonly from: number; readonly text: string };

/** The engine sends stdout and stderr as frames: one byte says which, three are nothing, four are the length. */
const header = 8;

/** The frames of a stream of the engine; characters that are split between two come whole. */
export async function* framesOf(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<Frame> {
  const decoders = new Map<number, StringDecoder>();
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    bytes = Buffer.concat([bytes, Buffer.from(chunk as Uint8Array)]);
    while (bytes.length >= header && bytes.length >= header + bytes.readUInt32BE(4)) {
      const end = header + bytes.readUInt32BE(4);
      const from = bytes.readUInt8(0);
      const decoder = decoders.get(from) ?? new StringDecoder('utf8');
      decoders.set(from, decoder);
      yield { from, text: decoder.write(bytes.subarray(header, end)) };
      bytes = bytes.subarray(end);
    }
  }
}

/** A line that does not end is told in pieces of so many characters: what a container prints must not fill the agent. */
const longest = 64 * 1024;

/** The lines in frames; what stdout and stderr begin does not mix. */
export async function* linesOf(frames: AsyncIterable<Frame>): AsyncGenerator<string> {
  const rest = new Map<number, string>();
  for await (const { from, text } of frames) {
    const lines = ((rest.get(from) ?? '') + text).split('\n');
    const open = lines.pop() ?? '';
    yield* lines;
    if (open.length >= longest) yield open;
    rest.set(from, open.length >= longest ? '' : open);
  }
  for (const line of rest.values()) if (line !== '') yield line;
}
