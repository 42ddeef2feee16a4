import net from 'node:net';
import { AnswerReader, type StrictAnswer } from '../../packages/gonogo/src/system/answer-reader.ts';

export type Heard = {
  readonly answers: readonly StrictAnswer[];
  /** Why what came is not a row of complete answers and then the end of the connection. */
  readonly wrong?: string;
};

/** How long the proxy may take to answer and close; milliseconds. */
const patience = 5_000;

/** Sends bytes, listens until the connection ends, and reads what came as answers to these methods. */
export async function converse(
  port: number,
  { bytes, ends, methods }: { bytes: string; ends: boolean; methods: readonly string[] },
): Promise<Heard> {
  const { heard, ending } = await listen(port, bytes, ends);
  const answers: StrictAnswer[] = [];
  try {
    for (let rest = heard; rest.length > 0; ) {
      const reader = new AnswerReader(methods[answers.length] ?? 'GET');
      const answer = reader.push(rest) ?? reader.end();
      if (!answer) return { answers, wrong: `half an answer: ${rest.toString('latin1').slice(0, 80)}` };
      answers.push(answer);
      rest = rest.subarray(rest.length - reader.excess);
    }
  } catch (error) {
    return { answers, wrong: (error as Error).message };
  }
  return { answers, ...(ending === undefined ? {} : { wrong: ending }) };
}

function listen(port: number, bytes: string, ends: boolean): Promise<{ heard: Buffer; ending?: string }> {
  const parts: Buffer[] = [];
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const { promise, resolve } = Promise.withResolvers<{ heard: Buffer; ending?: string }>();
  const done = (ending?: string): void => {
    clearTimeout(timer);
    socket.destroy();
    resolve({ heard: Buffer.concat(parts), ...(ending === undefined ? {} : { ending }) });
  };
  const timer = setTimeout(() => done('the connection stays open'), patience);
  socket.on('connect', () => {
    socket.write(bytes, 'latin1');
    if (ends) socket.end();
  });
  socket.on('data', (part) => parts.push(part));
  socket.on('end', () => done());
  socket.on('error', () => done(parts.length > 0 ? undefined : 'reset without an answer'));
  return promise;
}
