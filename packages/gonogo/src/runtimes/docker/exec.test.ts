import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../api/fixture/wire.ts';
import { openEngine } from './engine.ts';
import { execIn } from './exec.ts';

/** Says of every command that it runs and has this number, as an engine in a virtual machine does of its own numbers. */
async function engineWhereEverythingIs(t: TestContext, pid: number) {
  const socket = `${await temporaryFolder(t)}/docker.sock`;
  const streams: Duplex[] = [];
  const server = createServer((request, response) => {
    const answer = request.method === 'POST' ? { Id: 'e1' } : { Running: true, Pid: pid };
    response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  server.on('upgrade', (_request, stream) => {
    streams.push(stream.on('error', () => undefined));
    stream.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    server.emit('started');
  });
  await once(server.listen(socket), 'listening');
  const close = (): void => {
    for (const stream of streams) stream.destroy();
  };
  t.after(() => {
    close();
    server.closeAllConnections();
    server.close();
  });
  return { engine: await openEngine(socket, 5000), started: once(server, 'started'), close };
}

test('a number that is another process’s on this machine kills nobody, and the command is given up', async (t) => {
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    detached: true,
    stdio: 'ignore',
  });
  await once(bystander, 'spawn');
  t.after(() => bystander.kill('SIGKILL'));
  const { engine, started, close } = await engineWhereEverythingIs(t, bystander.pid ?? 0);
  bystander.once('exit', close);
  const giveUp = new AbortController();
  const options = { env: {}, cwd: '/', signal: giveUp.signal };
  const ran = execIn({ engine }, 'c'.repeat(64))(['sleep', '60'], options);
  await started;
  giveUp.abort();
  const { signal } = await ran;
  assert.deepEqual([bystander.exitCode, bystander.signalCode], [null, null]);
  assert.equal(signal, 'SIGKILL');
});
