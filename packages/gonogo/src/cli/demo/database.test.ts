import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { startDatabase } from './database.ts';

type Talk = { readonly text: string; readonly connected: boolean };

/** Connects from an address, says its lines one after another, and answers everything that came back. */
async function talk(url: string, localAddress: string, lines: readonly string[]): Promise<Talk> {
  const { hostname, port } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port), localAddress });
  let text = '';
  let connected = false;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.setEncoding('utf8');
  socket.on('connect', () => {
    connected = true;
    for (const line of lines) socket.write(`${line}\n`);
  });
  socket.on('data', (piece: string) => {
    text += piece;
    if (text.split('\n').length > lines.length + 1) socket.end();
  });
  socket.on('error', () => resolve());
  socket.on('close', () => resolve());
  await promise;
  return { text, connected };
}

test('a client whose address is on the list is greeted and answered in order', async (t) => {
  const database = await startDatabase(['127.0.0.2']);
  t.after(() => database.close());
  const { text } = await talk(database.url, '127.0.0.2', [
    'PING',
    'ADD {"item":"tea"}',
    'ADD {"item":"milk"}',
    'LIST 5',
    'DROP',
    'ADD no',
  ]);
  assert.deepEqual(text.trimEnd().split('\n'), [
    'READY',
    'PONG',
    'OK {"id":1,"item":"tea"}',
    'OK {"id":2,"item":"milk"}',
    'OK [{"id":2,"item":"milk"},{"id":1,"item":"tea"}]',
    'ERR there is no DROP',
    'ERR what follows ADD is not JSON',
  ]);
  assert.equal(database.refused(), 0);
});

test('a client whose address is not on the list is accepted and closed without a byte', async (t) => {
  const database = await startDatabase(['127.0.0.2']);
  t.after(() => database.close());
  const { text, connected } = await talk(database.url, '127.0.0.3', []);
  assert.equal(connected, true);
  assert.equal(text, '');
  assert.equal(database.refused(), 1);
});

test('closing ends the connections of clients that are still there', async () => {
  const database = await startDatabase(['127.0.0.1']);
  const { hostname, port } = new URL(database.url);
  const socket = net.connect({ host: hostname, port: Number(port) });
  await new Promise((resolve) => socket.once('data', resolve));
  const gone = new Promise((resolve) => socket.once('close', resolve));
  await database.close();
  await gone;
});
