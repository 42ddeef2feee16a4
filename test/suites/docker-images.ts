import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { type Pack, pack } from 'tar-stream';
import { exec } from '../../packages/gonogo/src/system/exec.ts';

/** Images for tests, made on this machine from nothing: there may be no registry to take one from. */

type File = { readonly name: string; readonly content: Buffer | string; readonly mode?: number };

function tarOf(files: readonly File[]): Pack {
  const tar = pack();
  const entries = files.map(({ name, content, mode = 0o644 }) => ({ header: { name, mode }, content }));
  for (const { header, content } of entries) tar.entry(header, content);
  tar.finalize();
  return tar;
}

/** The Node.js that runs this, with the libraries it is linked to, as an image; made once for an engine. */
export async function nodeImage(docker: Docker): Promise<string> {
  const tag = `gonogo-test:node-${process.versions.node}`;
  const exists = await docker
    .getImage(tag)
    .inspect()
    .catch(() => undefined); // Not there yet.
  if (exists) return tag;
  const { stdout } = await exec(['ldd', process.execPath], { cwd: '/', env: { PATH: '/usr/bin:/bin' } });
  const libraries = [...stdout.matchAll(/(\/\S+)/g)].map(([, path = '']) => path);
  const files = await Promise.all(
    [...new Set(libraries)].map(async (path) => ({
      name: path.slice(1),
      content: await readFile(await realpath(path)),
      mode: 0o755,
    })),
  );
  const node = { name: 'usr/bin/node', content: await readFile(process.execPath), mode: 0o755 };
  const [repo, version] = tag.split(':');
  await text(
    await docker.importImage(tarOf([node, ...files]) as unknown as string, {
      repo,
      tag: version,
      fromSrc: '-',
    }),
  );
  return tag;
}

export type ImageWish = {
  /** Whose image it is; nobody else's is the same, so it can be removed. */
  readonly owner?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly lines?: readonly string[];
};

/** An image whose program is this script, by its id. */
export async function scriptImage(docker: Docker, script: string, wish: ImageWish = {}): Promise<string> {
  const { owner = '', files = {}, lines = [] } = wish;
  const dockerfile = [
    `FROM ${await nodeImage(docker)}`,
    'WORKDIR /app',
    'COPY . /app/',
    ...lines,
    `LABEL gonogo.test="${owner}"`,
    'CMD ["node", "server.js"]',
  ].join('\n');
  const context = Object.entries({ ...files, 'server.js': script, Dockerfile: dockerfile });
  const hash = createHash('sha256').update(JSON.stringify(context)).digest('hex').slice(0, 12);
  const tag = `gonogo-test:${hash}`;
  const tar = tarOf(context.map(([name, content]) => ({ name, content })));
  const said = await text(
    await docker.buildImage(tar as unknown as NodeJS.ReadableStream, {
      t: tag,
      labels: { 'gonogo.test': 'image' },
    }),
  );
  if (/"error"/.test(said)) throw new Error(said);
  return (await docker.getImage(tag).inspect()).Id;
}

/** An image for another kind of machine, `s390x`, with nothing in it: what `docker save` would write of it is loaded. */
export async function foreignImage(docker: Docker, architecture: string): Promise<string> {
  const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
  const layer = Buffer.alloc(1024); // A tar without an entry.
  const rootfs = { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] };
  const config = JSON.stringify({ architecture, os: 'linux', config: {}, rootfs });
  const manifest = [{ Config: 'config.json', RepoTags: [], Layers: ['layer.tar'] }];
  const tar = tarOf([
    { name: 'manifest.json', content: JSON.stringify(manifest) },
    { name: 'config.json', content: config },
    { name: 'layer.tar', content: layer },
  ]);
  await text(await docker.loadImage(tar as unknown as NodeJS.ReadableStream));
  return `sha256:${sha256(config)}`;
}
