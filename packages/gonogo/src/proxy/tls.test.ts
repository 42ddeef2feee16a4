import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { startUpstream, type Upstream } from '../../../../bench/strict-client/upstream.ts';
import { needs } from '../../../../test/require.ts';
import { makeCertificate } from '../../../../test/suites/certificate.ts';
import { eventually } from '../../../../test/suites/eventually.ts';
import { type ProxyProcess, startProxy } from '../../../../test/suites/proxy-process.ts';
import { asked, raw, startRaw } from '../../../../test/suites/raw.ts';
import { get } from '../../../../test/suites/router-tools.ts';

describe('TLS at the front', { skip: needs('openssl') }, () => {
  let proxy: ProxyProcess;
  let upstream: Upstream;
  before(async () => {
    [proxy, upstream] = await Promise.all([startProxy(2), startUpstream('v1')]);
  });
  after(() => Promise.all([proxy?.close(), upstream?.close()]));

  const certificate = (name: string, hosts: string[]) => makeCertificate(proxy.folder, name, hosts);

  /** Whose certificate a client gets that asks for a name, or for none. */
  async function shown(servername?: string): Promise<string> {
    const socket = tls.connect({
      ...proxy.listen,
      rejectUnauthorized: false,
      ...(servername ? { servername } : {}),
    });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return String(subject.CN);
  }

  function ask(ca: Buffer, host: string, agent: https.Agent | false = false): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { ...proxy.listen, ca, servername: host, headers: { host }, agent };
      https
        .get(options, (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part) => {
            text += part;
          });
          answer.on('end', () => resolve(text));
        })
        .on('error', reject);
    });
  }

  test('certificates are chosen by name, reloaded without a drop, and plain requests are sent to HTTPS', async () => {
    const [shop, blog] = [
      await certificate('shop', ['shop.example']),
      await certificate('blog', ['*.blog.example']),
    ];
    const [redirect] = proxy.extra.map((one) => one.port);
    const { ca, ...files } = shop;
    await proxy.serveTarget('t', upstream.port, { tls: { ...files, ...(redirect ? { redirect } : {}) } });
    const other = { certificate: blog.certificate, key: blog.key };
    await proxy.serveTarget('u', upstream.port, { hosts: ['a.blog.example'], tls: other });

    assert.match(await ask(ca, 'shop.example'), /^v1/);
    assert.match(await ask(blog.ca, 'a.blog.example'), /^v1/);
    assert.deepEqual(
      [await shown('shop.example'), await shown('b.blog.example'), await shown()],
      ['shop.example', '*.blog.example', 'shop.example'],
    );

    const sent = await get({ host: '127.0.0.1', port: redirect ?? 0 }, '/a?b=1', { host: 'shop.example:81' });
    assert.equal(sent.status, 308);
    const text = (await raw(redirect ?? 0, asked('/a?b=1').replace('Host: shop', 'Host: shop.example'))).text;
    assert.match(text, new RegExp(`\r\nLocation: https://shop.example:${proxy.listen.port}/a\\?b=1\r\n`));
    assert.match(
      (await raw(redirect ?? 0, asked().replace('Host: shop', 'Host: a/../b'))).text,
      /^HTTP\/1.1 400 /,
    );

    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    await ask(ca, 'shop.example', agent);
    const renewed = await certificate('renewed', ['shop.example', 'new.example']);
    await writeFile(shop.certificate, 'torn');
    await assert.doesNotReject(ask(ca, 'shop.example'), 'half a renewal leaves the last good one');
    await rename(renewed.key, shop.key);
    await rename(renewed.certificate, shop.certificate);
    await eventually('the new one is shown', async () =>
      ask(renewed.ca, 'new.example').then(
        (answer) => answer.startsWith('v1'),
        () => false,
      ),
    );
    assert.match(await ask(ca, 'shop.example', agent), /^v1/, 'a connection that was open stays');
    agent.destroy();
    for (const target of ['t', 'u']) await proxy.ask('unpublish', { target });
  });

  test('what is no certificate is refused, and older protocols than 1.2 are too', async () => {
    const file = join(proxy.folder, 'none.pem');
    const bad = proxy.ask('publish', { target: 't', rules: { tls: { certificate: file, key: file } } });
    await assert.rejects(bad, { code: 'BAD_CERTIFICATE' });
    const { ca: _, ...files } = await certificate('old', ['shop.example']);
    await proxy.serveTarget('t', upstream.port, { tls: files });
    const old = tls.connect({
      ...proxy.listen,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      rejectUnauthorized: false,
    });
    await assert.rejects(once(old, 'secureConnect'));
    await assert.rejects(get(proxy.listen), 'plain HTTP is not spoken there');
    await proxy.ask('unpublish', { target: 't' });
  });

  test('who connects and says nothing is sent away at every door, before anybody else is kept out by it', async () => {
    const [redirect = 0] = proxy.extra.map(({ port }) => port);
    const { ca, ...files } = await certificate('quiet', ['shop.example']);
    const rules = { tls: { ...files, redirect } };
    await proxy.ask('publish', { target: 't', rules, settings: { limits: { head: 300, connections: 2 } } });
    const connections = async () => (await proxy.ask('stats', undefined)).connections;
    const open = [net.connect(redirect, '127.0.0.1'), net.connect(proxy.listen.port, '127.0.0.1')];
    for (const socket of open) socket.on('error', () => socket.destroy());
    open[0]?.write('GET / HT');
    await eventually('both are counted', async () => (await connections()) === 2);
    await assert.rejects(shown('shop.example'), /disconnected|ECONNRESET/);
    await eventually('both are sent away', async () => (await connections()) === 0);
    await proxy.ask('publish', { target: 't', rules, settings: {} });
    assert.equal(await shown('shop.example'), 'shop.example');
    for (const socket of open) socket.destroy();
  });

  test('long bodies pass by TLS octet for octet, and an answer that is cut off is an error there too', async () => {
    const { ca, ...files } = await certificate('long', ['shop.example']);
    await proxy.serveTarget('t', upstream.port, { tls: files });
    const post = (body: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const options = {
          ...proxy.listen,
          ca,
          servername: 'shop.example',
          method: 'POST',
          agent: false as const,
        };
        const question = https.request(options, (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part) => {
            text += part;
          });
          answer.on('end', () => resolve(text)).on('error', reject);
        });
        question.on('error', reject).end(body);
      });
    const body = Array.from({ length: 60_000 }, (_, i) => `${i} `).join('');
    assert.equal(await post(body), `v1 ${body}`);
    const cut = await startRaw((socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'),
      ),
    );
    await proxy.serveTarget('t', cut.port, { tls: files });
    await assert.rejects(post('x'));
    await cut.close();
    await proxy.ask('unpublish', { target: 't' });
  });

  test('Prometheus reads the counts at a port of its own', async () => {
    const [, port = 0] = proxy.extra.map((one) => one.port);
    await proxy.ask('publish', { target: 't', settings: { metrics: port } });
    const page = await get({ host: '127.0.0.1', port }, '/metrics');
    assert.equal(page.status, 200);
    assert.match(page.text, /\ngonogo_proxy_workers 1\n/);
    assert.equal((await get({ host: '127.0.0.1', port }, '/')).status, 404);
    await proxy.ask('unpublish', { target: 't' });
  });

  test('a client that has not shaken hands yet is served by a proxy that retires', async () => {
    const { ca, ...files } = await certificate('late', ['shop.example']);
    await proxy.serveTarget('t', upstream.port, { tls: files });
    const early = net.connect(proxy.listen.port, '127.0.0.1');
    await eventually('it is connected', async () => (await proxy.ask('stats', undefined)).connections === 1);
    const ended = once(proxy.child, 'exit');
    await proxy.ask('retire', { deadline: 20_000 });
    const socket = tls.connect({ socket: early, ca, servername: 'shop.example' });
    socket.write(asked());
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1.1 200 [\s\S]*\r\nConnection: close\r\n/);
    socket.destroy();
    await ended;
  });
});
