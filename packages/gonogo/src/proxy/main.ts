import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { messageOf, problem } from '../errors.ts';
import { serveRpc } from '../system/rpc.ts';
import { Control } from './control.ts';
import { startFront } from './front.ts';
import { limits } from './limits.ts';
import { Routes } from './routes.ts';
import { loadRoutes } from './routes-file.ts';

/**
 * The embedded router's data plane: `main.ts <id> <folder>`, with GONOGO_LISTENERS bound sockets as descriptors 3, 4, …
 * It serves the routes it served last, and is controlled at `<folder>/<id>.sock`.
 */
async function main(): Promise<void> {
  const { id, folder, descriptors } = readArguments();
  const file = join(folder, `${id}.routes.json`);
  const secret = randomBytes(24).toString('base64url');
  const table = await loadRoutes(file);
  const routes = new Routes();
  routes.serve(table);
  const front = await startFront({ routes, secret }, descriptors);
  const leave = (deadline: number): void => void front.retire(deadline).then(() => process.exit(0));
  const control = new Control({
    ...{ routes, front, secret, file, table },
    retire: (deadline) => {
      // After its answer is out. The next proxy serves at the same path, so this one must not remove that later.
      setImmediate(() => void rpc.close());
      leave(deadline);
    },
  });
  const rpc = await serveRpc(join(folder, `${id}.sock`), control.handlers());
  process.on('SIGTERM', () => leave(limits.terminate));
  console.log(
    `proxy ${process.pid} serves ${front.listen.map(({ host, port }) => `${host}:${port}`).join(', ')}`,
  );
}

function readArguments(): { id: string; folder: string; descriptors: number[] } {
  const [id, folder] = process.argv.slice(2);
  const count = Number(process.env.GONOGO_LISTENERS);
  if (!id || !folder || !Number.isInteger(count) || count < 1) {
    throw problem('USAGE', {
      what: 'usage: proxy <id> <folder>, with GONOGO_LISTENERS bound sockets from descriptor 3 on',
    });
  }
  return { id, folder, descriptors: Array.from({ length: count }, (_, i) => i + 3) };
}

main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exit(1);
});
