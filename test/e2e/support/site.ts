import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from './sandbox.ts';

/** What a site does; everything else is as a well-behaved one does it. */
export type Site = {
  /** What `/` answers with, so that one release can be told from another. */
  readonly says?: string;
  /** JavaScript that runs before the server is made. */
  readonly before?: string;
  /** The expression of the port to listen on. */
  readonly port?: string;
  readonly onTerm?: string;
  /** The status of `/ready`, as an expression. */
  readonly ready?: string;
  /** The status of everything else, as an expression. */
  readonly status?: string;
  /** What is answered, as an expression; default: `says`. */
  readonly answer?: string;
  /** Default: `blue-green`. */
  readonly strategy?: string;
  /** The environment's `watch:` line. */
  readonly watch?: string;
  /** Lines added to `run:`. */
  readonly run?: string;
  /** Lines added at the top level of gonogo.yaml. */
  readonly yaml?: string;
  /** Lines added to the environment `production`. */
  readonly production?: string;
  readonly command?: string;
  readonly build?: string;
  readonly grace?: string;
  /** How often an instance is asked whether it has started, every 100 ms. */
  readonly attempts?: number;
};

/** Writes a tiny site and its gonogo.yaml into the sandbox's project folder. */
export async function writeSite({ folder }: Pick<Sandbox, 'folder'>, site: Site = {}): Promise<void> {
  await writeFile(join(folder, 'server.mjs'), program(site));
  await writeFile(join(folder, 'gonogo.yaml'), configuration(site));
}

const program = (site: Site): string => `
import http from 'node:http';
${site.before ?? ''}
const server = http.createServer((request, response) => {
  response.statusCode = request.url === '/ready' ? ${site.ready ?? '200'} : ${site.status ?? '200'};
  response.end(${site.answer ?? JSON.stringify(site.says ?? 'one')});
});
server.listen(${site.port ?? 'process.env.PORT'}, process.env.HOST);
process.on('SIGTERM', ${site.onTerm ?? '() => { server.close(() => process.exit(0)); server.closeIdleConnections(); }'});
`;

const configuration = (site: Site): string => `service: site
artifact:
  bundle: { from: ., include: [server.mjs]${site.build ? `, build: ${site.build}` : ''} }
run:
  command: ${site.command ?? '[node, server.mjs]'}
  stop: { grace: ${site.grace ?? '2s'} }${site.run ?? ''}
health:
  startup: { get: /, every: 100ms, failures: ${site.attempts ?? 40} }
  ready: { get: /ready, every: 100ms, timeout: 1s }
${site.yaml ?? ''}
environments:
  production:
    strategy: ${site.strategy ?? 'blue-green'}
    ${watchOf(site)}
${(site.production ?? '').replace(/^/gm, '    ')}
`;

/** Unless the test's own lines have one. */
const watchOf = ({ watch, production = '' }: Site): string =>
  watch ?? (production.includes('watch:') ? '' : 'watch: { for: 500ms }');

/** What the front of an environment answers to a fresh connection; undefined when nobody listens. */
export async function askFront(front: {
  host: string;
  port: number;
}): Promise<{ status: number; text: string } | undefined> {
  try {
    const response = await fetch(`http://${front.host}:${front.port}/`, { headers: { connection: 'close' } });
    return { status: response.status, text: await response.text() };
  } catch {
    return undefined; // Refused: that is the answer.
  }
}
