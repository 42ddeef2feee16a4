import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Program, printedBy, startProgram } from '../../test/suites/program.ts';
import { startProxy } from '../../test/suites/proxy-process.ts';
import { kamalProxy } from './kamal-proxy.ts';

export type Peer = {
  /** What it does for each request here, beside forwarding it. */
  readonly does: string;
  /** What it says of itself, or why it cannot stand here. */
  found(folder: string): Promise<Found>;
  start(folder: string, upstream: number): Promise<Program>;
};

export type Found = { readonly version: string } | { readonly missing: string };

/** The core of the machine that the proxy under test runs on; load and application have the other. */
const pinned = ['taskset', '-c', '0'];

/** Each with one worker, kept connections to the application, forwarded headers and a request id. */
export const peers: Record<string, Peer> = {
  gonogo: {
    does: 'forwarded headers, request id, limits, counters and histogram per slot',
    found: () => printed([process.execPath, '--version']),
    start: async (_folder, upstream) => {
      const proxy = await startProxy();
      await proxy.serve(upstream);
      const pid = proxy.child.pid ?? 0;
      await printedBy(['taskset', '-a', '-c', '-p', '0', String(pid)]);
      return { port: proxy.listen.port, pid, close: proxy.close };
    },
  },
  haproxy: {
    does: 'X-Forwarded-For/Proto/Host, X-Request-Id, its counters',
    found: () => printed(['haproxy', '-v']),
    start: (folder, upstream) =>
      configured(folder, 'haproxy.cfg', {
        text: haproxy(upstream),
        argv: (file) => ['haproxy', '-db', '-f', file],
      }),
  },
  nginx: {
    does: 'X-Forwarded-For/Proto/Host, X-Request-Id',
    found: () => printed(['nginx', '-v']),
    start: (folder, upstream) =>
      configured(folder, 'nginx.conf', {
        text: nginx(folder, upstream),
        argv: (file) => ['nginx', '-c', file, '-e', 'stderr'],
      }),
  },
  caddy: {
    does: 'X-Forwarded-For/Proto/Host, X-Request-Id',
    found: () => printed(['caddy', 'version']),
    start: (folder, upstream) =>
      configured(folder, 'Caddyfile', {
        text: caddy(upstream),
        argv: (file) => ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'],
      }),
  },
  'kamal-proxy': { does: 'X-Forwarded-For/Proto/Host, X-Request-Id', ...kamalProxy },
};

async function printed(argv: readonly string[]): Promise<Found> {
  const [version] = ((await printedBy(argv)) ?? '').split('\n');
  return version ? { version } : { missing: 'not installed' };
}

type Configured = {
  text(port: number): string;
  argv(file: string): readonly string[];
};

const configured = (folder: string, name: string, { text, argv }: Configured): Promise<Program> =>
  startProgram(folder, async (port) => {
    const file = join(folder, name);
    await writeFile(file, text(port));
    return [...pinned, ...argv(file)];
  });

const haproxy = (upstream: number) => (port: number) =>
  `
global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  http-reuse always
  option forwardfor
  unique-id-format %[uuid()]
  unique-id-header X-Request-Id
frontend f
  bind 127.0.0.1:${port}
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  default_backend b
backend b
  server s 127.0.0.1:${upstream} pool-max-conn -1
`;

const nginx = (folder: string, upstream: number) => (port: number) =>
  `
daemon off; worker_processes 1; error_log stderr crit; pid ${folder}/nginx.pid; user root;
events { worker_connections 8000; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s;
  client_body_temp_path ${folder}/1; proxy_temp_path ${folder}/2; fastcgi_temp_path ${folder}/3;
  uwsgi_temp_path ${folder}/4; scgi_temp_path ${folder}/5;
  upstream u { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://u; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Request-Id $request_id;
    }
  }
}
`;

const caddy = (upstream: number) => (port: number) =>
  `
{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  request_header X-Request-Id {http.request.uuid}
  reverse_proxy 127.0.0.1:${upstream}
}
`;
