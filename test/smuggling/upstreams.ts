import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram } from '../suites/program.ts';

export type Behind = { readonly port: number; close(): Promise<void> };

/** What stands between the proxy and the recorder, so that the recorder hears how it read what the proxy sent. */
export const upstreams = {
  node: async (recorder: number): Promise<Behind> => ({ port: recorder, close: async () => undefined }),
  nginx: (recorder: number) => startIn(nginx(recorder), (file) => ['nginx', '-c', file, '-e', 'stderr']),
  haproxy: (recorder: number) => startIn(haproxy(recorder), (file) => ['haproxy', '-db', '-f', file]),
};

async function startIn(
  text: (port: number, folder: string) => string,
  argv: (file: string) => readonly string[],
): Promise<Behind> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-smuggling-'));
  const program = await startProgram(folder, async (port) => {
    const file = join(folder, 'configuration');
    await writeFile(file, text(port, folder));
    return argv(file);
  });
  const close = async (): Promise<void> => {
    await program.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { port: program.port, close };
}

const nginx = (recorder: number) => (port: number, folder: string) =>
  `
daemon off; worker_processes 1; error_log stderr crit; pid ${folder}/pid;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder}/1; proxy_temp_path ${folder}/2; fastcgi_temp_path ${folder}/3;
  uwsgi_temp_path ${folder}/4; scgi_temp_path ${folder}/5;
  upstream u { server 127.0.0.1:${recorder}; keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://u; proxy_http_version 1.1; proxy_next_upstream off;
      proxy_set_header Connection ""; proxy_set_header Host $http_host;
    }
  }
}
`;

const haproxy = (recorder: number) => (port: number) =>
  `
global
  nbthread 1
  maxconn 256
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  retries 0
  server s 127.0.0.1:${recorder}
`;
