import { message, refused, request, understood, type Vector } from '../vector.ts';

const withHost = (...hosts: string[]): string =>
  ['GET / HTTP/1.1', ...hosts.map((host) => `Host: ${host}`), '', ''].join('\r\n');
const bad = (name: string, ...hosts: string[]): Vector => refused(name, 400, withHost(...hosts));
const good = (name: string, host: string): Vector => understood(name, withHost(host), request({ host }));

/** Host: RFC 9112 §3.2, RFC 9110 §7.2. */
export const hosts: readonly Vector[] = [
  good('a host with a port', 'shop:8080'),
  good('an address', '127.0.0.1:80'),
  good('an address of IPv6', '[::1]:80'),
  good('a host with a dot at its end', 'shop.example.'),
  good('a host with an underscore', 'my_shop'),
  understood('Host in odd case', 'GET / HTTP/1.1\r\nhOsT: shop\r\n\r\n', request()),
  understood('Host that Connection nominates', message('GET / HTTP/1.1', ['Connection: Host']), request()),
  understood('Host behind another field', 'GET / HTTP/1.1\r\nA: b\r\nHost: shop\r\n\r\n', request()),
  understood('another field that names a host', message('GET / HTTP/1.1', ['X-Host: other']), request()),
  bad('no Host'),
  bad('two hosts', 'shop', 'other'),
  bad('the same host twice', 'shop', 'shop'),
  refused('two hosts in different case', 400, 'GET / HTTP/1.1\r\nHost: shop\r\nhost: other\r\n\r\n'),
  refused('a second Host far away', 400, message('GET / HTTP/1.1', ['A: 1', 'B: 2', 'HOST: other'])),
  refused('two hosts beside an absolute target', 400, message('GET http://shop/ HTTP/1.1', ['Host: other'])),
  refused('two hosts in HTTP/1.0', 400, message('GET / HTTP/1.0', ['Host: other'])),
  refused('a blank before the colon of Host', 400, 'GET / HTTP/1.1\r\nHost : shop\r\n\r\n'),
  refused('Host on a continuation line', 400, 'GET / HTTP/1.1\r\nHost:\r\n shop\r\n\r\n'),
  bad('a blank in a host', 'shop other'),
  bad('a tab in a host', 'shop\tother'),
  bad('a path in a host', 'shop/other'),
  bad('a backslash in a host', 'shop\\other'),
  bad('user information in a host', 'me@shop'),
  bad('a query in a host', 'shop?a'),
  bad('a fragment in a host', 'shop#a'),
  bad('a URL for a host', 'http://shop'),
  bad('two ports', 'shop:80:80'),
  bad('letters for a port', 'shop:http'),
  bad('a negative port', 'shop:-1'),
  bad('half an address of IPv6', '[::1'),
  bad('letters after an address of IPv6', '[::1]shop'),
  bad('an address of IPv6 without brackets', '::1'),
  bad('a NUL in a host', 'shop\x00'),
  bad('a byte over 127 in a host', 'sh\xf6p'),
  bad('quotes around a host', '"shop"'),
  bad('angle brackets in a host', '<shop>'),
];
