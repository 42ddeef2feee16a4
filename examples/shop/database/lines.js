import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const patience = 5_000;

/**
 * A client of the line database: the server greets with READY, then every line sent (PING, ADD {json}, LIST n) is
 * answered by one line, in order (PONG, OK {json}, OK [json], ERR text). One connection, opened when first needed and
 * again after it was lost.
 */
export function openLines(url, { dialFrom } = {}) {
  let connection;
  const ask = async (line) => {
    if (!connection || connection.lost()) connection = dial(new URL(url), dialFrom);
    return await connection.ask(line);
  };
  const askJson = async (line) => JSON.parse(await ask(line));
  return {
    kind: 'tcp',
    ping: () => ask('PING'),
    addOrder: (order) => askJson(`ADD ${JSON.stringify(order)}`),
    newestOrders: (count) => askJson(`LIST ${count}`),
    close: async () => connection?.end(),
  };
}

function dial({ hostname, port }, localAddress) {
  const socket = connect({ host: hostname, port: Number(port), localAddress, noDelay: true });
  const waiting = [];
  let lost = false;
  const fail = (error) => {
    lost = true;
    socket.destroy();
    for (const one of waiting.splice(0)) one.reject(error);
  };
  const expectLine = () => {
    const one = waiter(() => fail(new Error(`the database did not answer within ${patience} ms`)));
    waiting.push(one);
    return one.promise;
  };
  expectLine().catch(() => undefined); // The greeting; when it fails, so does every question that waits behind it.
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the database closed the connection')));
  // readline reports a socket's error once more; it was dealt with above.
  const lines = createInterface({ input: socket }).on('error', fail);
  lines.on('line', (line) => waiting.shift()?.settle(line));
  return {
    lost: () => lost,
    ask: (line) => {
      socket.write(`${line}\n`);
      return expectLine();
    },
    end: () => socket.end(),
  };
}

/** One awaited line: resolves with what follows OK, PONG or READY, rejects on anything else. */
function waiter(onTimeout) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const timer = setTimeout(onTimeout, patience);
  const done = () => clearTimeout(timer);
  promise.then(done, done);
  const settle = (line) => {
    const [word] = line.split(' ', 1);
    if (['READY', 'PONG', 'OK'].includes(word)) resolve(line.slice(word.length + 1));
    else reject(new Error(`the database answered: ${line}`));
  };
  return { promise, resolve, reject, settle };
}
