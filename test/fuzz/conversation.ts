import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { AnswerReader, type StrictAnswer } from '../../packages/gonogo/src/system/answer-reader.ts';

type Conversation = {
  readonly port: number;
  /** The client's own address, of the 127/8 that Linux has. */
  readonly from: string;
  readonly segments: readonly Buffer[];
  /** Of the requests in turn: HEAD has no body. */
  readonly methods: readonly string[];
};

/** Sends the segments one by one, ends, and answers what came until the other side ended too; a hang throws. */
export async function converse({ port, from, segments, methods }: Conversation): Promise<StrictAnswer[]> {
  const socket = net.connect({
    port,
    host: '127.0.0.1',
    localAddress: from,
    noDelay: true,
    allowHalfOpen: true,
  });
  const parts: Buffer[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error('neither answered nor closed in 20 s')), 20_000);
  socket.on('data', (part) => parts.push(part));
  let connected = false;
  socket.on('connect', () => {
    connected = true;
  });
  // A reset is an end as good as any; a connection that is refused means that there is no proxy.
  socket.on('error', (error) => (connected ? resolve() : reject(error))).on('end', () => resolve());
  socket.on('close', () => resolve());
  try {
    for (const segment of segments) {
      if (!socket.destroyed) socket.write(segment);
      await turn();
    }
    socket.end();
    await promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
  return read(Buffer.concat(parts), methods);
}

function read(bytes: Buffer, methods: readonly string[]): StrictAnswer[] {
  const answers: StrictAnswer[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const reader = new AnswerReader(methods[answers.length] ?? 'GET');
    const answer = reader.push(rest) ?? reader.end();
    if (!answer) break; // Cut off: what is whole counts.
    answers.push(answer);
    rest = rest.subarray(rest.length - reader.excess);
  }
  return answers;
}
