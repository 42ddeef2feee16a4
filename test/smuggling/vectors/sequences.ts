import {
  chunked,
  get,
  hello,
  message,
  post,
  posted,
  refused,
  request,
  smuggled,
  understood,
  type Vector,
} from '../vector.ts';

const at = (target: string): string => message(`GET ${target} HTTP/1.1`);
const one = request({ target: '/1' });
const two = request({ target: '/2' });
const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';

/** Several requests on one connection, and requests that change what a connection is: RFC 9112 §9, RFC 9110 §7.8 and §10.1.1. */
export const sequences: readonly Vector[] = [
  understood('two requests at once', at('/1') + at('/2'), [one, two]),
  understood('a length and a request behind it', post(['Content-Length: 5'], 'hello') + at('/2'), [
    posted('hello'),
    two,
  ]),
  understood('chunks and a request behind them', chunked(hello) + at('/2'), [posted('hello'), two]),
  understood('an empty line between requests', `${at('/1')}\r\n${at('/2')}`, [one, two]),
  understood('HEAD and a request behind it', message('HEAD /1 HTTP/1.1') + at('/2'), [
    request({ method: 'HEAD', target: '/1' }),
    two,
  ]),
  understood(
    'HEAD with a body and a request behind it',
    message('HEAD /1 HTTP/1.1', [`Content-Length: ${smuggled.length}`], smuggled) + at('/2'),
    [request({ method: 'HEAD', target: '/1', body: smuggled }), two],
  ),
  understood(
    'thirty requests at once',
    Array.from({ length: 30 }, (_, i) => at(`/${i}`)).join(''),
    Array.from({ length: 30 }, (_, i) => request({ target: `/${i}` })),
  ),
  understood('Connection: close and a request behind it', get('Connection: close') + smuggled, request(), {
    closes: true,
  }),
  understood('Connection: CLOSE in a list', get('Connection: foo, CLOSE') + smuggled, request(), {
    closes: true,
  }),
  understood(
    'two Connection fields, one of them close',
    get('Connection: foo', 'Connection: close'),
    request(),
    {
      closes: true,
    },
  ),
  understood('HTTP/1.0 and a request behind it', message('GET / HTTP/1.0') + smuggled, request(), {
    closes: true,
  }),
  understood(
    'HTTP/1.0 with a length',
    message('POST / HTTP/1.0', ['Content-Length: 5'], `hello${smuggled}`),
    posted('hello'),
    { closes: true },
  ),
  understood(
    'a body that is announced and sent at once',
    post(['Expect: 100-continue', 'Content-Length: 5'], 'hello'),
    posted('hello'),
  ),
  understood(
    'chunks that are announced',
    post(['Expect: 100-Continue', 'Transfer-Encoding: chunked'], hello),
    posted('hello'),
  ),
  understood(
    'Connection nominates what the proxy says',
    get('Connection: X-Forwarded-For, Forwarded'),
    request(),
  ),
  understood('Connection nominates itself', get('Connection: Connection, close, keep-alive'), request(), {
    closes: true,
  }),
  understood(
    'Keep-Alive and Proxy-Connection',
    get('Keep-Alive: timeout=1', 'Proxy-Connection: close'),
    request(),
  ),
  understood(
    'an upgrade to HTTP/2',
    get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'),
    request(),
  ),
  understood(
    'an upgrade to TLS',
    message('OPTIONS / HTTP/1.1', ['Connection: Upgrade', 'Upgrade: TLS/1.2']),
    request({ method: 'OPTIONS' }),
  ),
  understood(
    'an upgrade to a protocol that nobody allowed',
    get('Connection: Upgrade', 'Upgrade: tcp'),
    request(),
  ),
  understood(
    'an upgrade to HTTP/2 or WebSocket, and a request behind it',
    get('Connection: Upgrade', 'Upgrade: h2c, websocket', key) + smuggled,
    request(),
    { closes: true },
  ),
  understood(
    'two Upgrade fields, and a request behind them',
    get('Connection: Upgrade', 'Upgrade: h2c', 'Upgrade: websocket', key) + smuggled,
    request(),
    { closes: true },
  ),
  understood(
    'an Upgrade that is no list',
    get('Connection: Upgrade', 'Upgrade: websocket\th2c', key),
    request(),
  ),
  understood('Upgrade that Connection does not name', get('Upgrade: websocket', key), request()),
  understood('an upgrade of POST', post([...upgrade, key, 'Content-Length: 5'], 'hello'), posted('hello')),
  refused('an expectation nobody knows', [400, 417], post(['Expect: 200-ok', 'Content-Length: 5'], 'hello')),
  refused('a request and then garbage', 400, `${at('/1')}\x00\x01\x02\r\n\r\n`, [one]),
  refused('a request and then a bad one', 400, `${at('/1')}${get('X : 1')}`, [one]),
  refused(
    'a request and then CL.TE',
    400,
    at('/1') + post(['Content-Length: 5', 'Transfer-Encoding: chunked'], hello),
    [one],
  ),
  refused('more than the length said', 400, post(['Content-Length: 5'], 'hello world\r\n\r\n'), [
    posted('hello'),
  ]),
  refused('more than the last chunk', 400, chunked(`${hello} more\r\n\r\n`), [posted('hello')]),
  refused('a body that nobody announced', 400, `${get()}{"a": 1}\r\n\r\n`, [request()]),
  understood('a head that ends in its middle', 'GET / HTTP/1.1\r\nHost: sh', [], { ends: true }),
  understood('a head that ends before its last line', 'GET / HTTP/1.1\r\nHost: shop\r\n', [], { ends: true }),
  understood('a body that ends before its length', post(['Content-Length: 50'], 'hello'), [], { ends: true }),
  understood('chunks that end in their middle', chunked('5\r\nhel'), [], { ends: true }),
  understood('chunks without the last one', chunked('5\r\nhello\r\n'), [], { ends: true }),
  understood('a last chunk without its end', chunked('5\r\nhello\r\n0\r\n'), [], { ends: true }),
  understood('a request and half of another', `${at('/1')}GET /2 HT`, one, { ends: true }),
];
