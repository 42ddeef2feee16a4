import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

export type Front = { readonly host: string; readonly port: number };

/** Something that must stay whole from start to stop. */
export type LongLived = {
  /** Resolves when the first message came. */
  readonly begun: Promise<void>;
  /** Ends it, and answers why it broke before, if it did. */
  stop(): Promise<string | undefined>;
  /** The version that serves it. */
  version(): string;
};

/** A WebSocket that says a number twenty times a second and wants each one back, in order and from one version. */
export function holdWebSocket({ host, port }: Front): LongLived {
  const socket = new WebSocket(`ws://${host}:${port}/`);
  const watch = inOrder();
  let sent = 0;
  const timer = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send(String(sent++)), 50);
  socket.on('message', (data) => watch.heard(String(data)));
  socket.on('error', (error) => watch.broke(error.message));
  socket.on('close', () => watch.broke('closed'));
  return {
    begun: watch.begun,
    version: watch.version,
    stop: async () => {
      clearInterval(timer);
      await watch.until(sent);
      const why = watch.why();
      socket.terminate();
      return why;
    },
  };
}

/** A stream of server-sent events that count up without a gap. */
export function holdStream({ host, port }: Front): LongLived {
  const watch = inOrder();
  const request = get({ host, port, path: '/stream', agent: false }, (answer) => {
    let rest = '';
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      const lines = (rest + text).split('\n\n');
      rest = lines.pop() ?? '';
      for (const line of lines) watch.heard(line.replace('data: ', ''));
    });
    answer.on('error', (error) => watch.broke(error.message));
    answer.on('end', () => watch.broke('ended'));
  });
  request.on('error', (error) => watch.broke(error.message));
  return {
    begun: watch.begun,
    version: watch.version,
    stop: async () => {
      await watch.until(watch.count() + 1);
      const why = watch.why();
      request.destroy();
      return why;
    },
  };
}

/** Messages `<version> <n>`, n counting from 0. */
function inOrder() {
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => undefined); // Whoever waits for it learns it; nobody has to.
  let next = 0;
  let version = '';
  let why: string | undefined;
  const broke = (reason: string): void => {
    why ??= reason;
    first.reject(new Error(reason));
  };
  return {
    begun: first.promise,
    broke,
    heard: (message: string): void => {
      version ||= message.split(' ')[0] ?? '';
      if (message !== `${version} ${next}`) broke(`wanted ${version} ${next}, got ${message.slice(0, 40)}`);
      next += 1;
      first.resolve();
    },
    until: async (count: number): Promise<void> => {
      const deadline = performance.now() + 10_000;
      while (next < count && why === undefined) {
        if (performance.now() > deadline) broke(`message ${next} did not come in 10 s`);
        await sleep(10);
      }
    },
    count: () => next,
    version: () => version,
    why: () => why,
  };
}
