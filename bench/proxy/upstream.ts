import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Program, startProgram } from '../../test/suites/program.ts';

const largeBytes = 64 * 1024;

/** The application behind every proxy: an nginx worker that answers `/` with 3 bytes and `/large` with 64 KB. */
export async function startApplication(folder: string): Promise<Program> {
  await writeFile(join(folder, 'large'), Buffer.alloc(largeBytes, 'gonogo'));
  return await startProgram(folder, async (port) => {
    const file = join(folder, 'application.conf');
    await writeFile(file, configuration(folder, port));
    return ['taskset', '-c', '1', 'nginx', '-c', file, '-e', 'stderr'];
  });
}

const configuration = (folder: string, port: number): string => `
daemon off; worker_processes 1; error_log stderr crit; pid ${folder}/application.pid; user root;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s; sendfile on; tcp_nopush on;
  client_body_temp_path ${folder}/a1; proxy_temp_path ${folder}/a2; fastcgi_temp_path ${folder}/a3;
  uwsgi_temp_path ${folder}/a4; scgi_temp_path ${folder}/a5;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = / { default_type text/plain; return 200 "ok\\n"; }
    location = /large { root ${folder}; default_type application/octet-stream; }
  }
}
`;
