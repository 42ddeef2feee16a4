import { Transform } from 'node:stream';

/** The engine sends stdout and stderr as frames: one byte says which, three are nothing, four are the length. */
const header = 8;

/** Turns the engine's frames into the lines they hold; what stdout and stderr begin does not mix. */
export function linesOfFrames(): Transform {
  const rest = new Map<number, string>();
  let bytes: Buffer = Buffer.alloc(0);
  return new Transform({
    readableObjectMode: true,
    transform(chunk: Buffer, _encoding, done) {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      while (bytes.length >= header) {
        const length = bytes.readUInt32BE(4);
        if (bytes.length < header + length) break;
        const from = bytes.readUInt8(0);
        const text = (rest.get(from) ?? '') + bytes.toString('utf8', header, header + length);
        bytes = bytes.subarray(header + length);
        const lines = text.split('\n');
        rest.set(from, lines.pop() ?? '');
        for (const line of lines) this.push(line);
      }
      done();
    },
    flush(done) {
      for (const line of rest.values()) if (line !== '') this.push(line);
      done();
    },
  });
}
