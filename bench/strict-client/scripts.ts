import type { StrictAnswer } from '../../packages/gonogo/src/system/answer-reader.ts';
import type { Script } from './script.ts';

type Judge = (answer: StrictAnswer) => string | undefined;

/** The answer of one of these versions to what was sent, to the last byte. */
const judgeOf =
  (versions: readonly string[], sent: string): Judge =>
  ({ status, body }) => {
    const text = body.toString('latin1');
    const right = status === 200 && versions.some((version) => text === `${version} ${sent}`);
    return right ? undefined : `${status} ${text.slice(0, 60)}`;
  };

const get = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';
const post = (body: string): string =>
  `POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const chunkedPost = (body: string): string =>
  `POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

/** Four requests at once, with and without a body. */
export function pipelined(versions: readonly string[]): Script {
  const asked = { method: 'GET', judge: judgeOf(versions, '') };
  const sent = (body: string) => ({ method: 'POST', judge: judgeOf(versions, body) });
  return {
    pieces: [Buffer.from(get + post('first body') + get + chunkedPost('second body'))],
    pause: 0,
    requests: [asked, sent('first body'), asked, sent('second body')],
  };
}

/** An upload of 64 KB in ten pieces over a fifth of a second; the head comes with the first of them. */
export function slowUpload(versions: readonly string[]): Script {
  const body = 'slow and steady '.repeat(4096);
  const bytes = Buffer.from(post(body));
  const size = Math.ceil(bytes.length / 10);
  return {
    pieces: Array.from({ length: 10 }, (_, i) => bytes.subarray(i * size, (i + 1) * size)),
    pause: 20,
    requests: [{ method: 'POST', judge: judgeOf(versions, body) }],
  };
}
