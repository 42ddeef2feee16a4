import { statSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { messageOf, problem } from '../errors.ts';
import { removeUnfinishedIn } from '../system/files.ts';
import { type RpcServer, serveRpc } from '../system/rpc.ts';
import { startFront } from './front.ts';
import { Routes } from './routes.ts';
import { loadRoutes, nothingStored, type Stored, saveRoutes } from './routes-file.ts';
import { Settings } from './settings.ts';

/**
 * The embedded router's data plane: `main.ts <id> <folder> [worker]`, with GONOGO_LISTENERS bound sockets as
 * descriptors 3, 4, … It serves the routes it served last, and is controlled at `<folder>/<id>.sock`. Workers from 1 on
 * share the descriptors, read the routes file of the first and are controlled at `<folder>/<id>.w<worker>.sock`. One that
 * retires is asked who is left with it at `<folder>/<id>.r<pid>.sock`.
 */
async function main(): Promise<void> {
  setFlagsFromString('--semi-space-growth-factor=1'); // Requests leave little garbage: room for more of it is memory lost.
  const { id, folder, worker, descriptors } = readArguments();
  const socketOf = (one: number): string => join(folder, one === 0 ? `${id}.sock` : `${id}.w${one}.sock`);
  const file = join(folder, `${id}.routes.json`);
  const stored = await open(file, worker);
  const settings = new Settings();
  settings.apply(stored.settings);
  const routes = new Routes(settings.limits);
  routes.serve(stored.table);
  routes.resumeHolds(stored.table, Date.now());
  const metrics = async (): Promise<string> => (await started.promise).metrics();
  const started = Promise.withResolvers<{ metrics(): Promise<string> }>();
  const { secret } = stored;
  const front = await startFront({ routes, settings, secret, metrics }, descriptors, stored);
  const exit = async (): Promise<void> => {
    await control.drained();
    settings.close();
    process.exit(0);
  };
  const { Control } = await import('./control.ts'); // Users are served already: its schemas take as long to load as all else.
  const control = new Control({
    ...{ routes, settings, front, file, stored },
    writes: worker === 0,
    sockets: (workers) => Array.from({ length: workers }, (_, one) => socketOf(one)),
    retire: async (deadline) => {
      // Whatever becomes of this, it must not stay.
      await serveReplaced(join(folder, `${id}.r${process.pid}.sock`)).catch(tell);
      const left = front.retire(deadline); // It accepts nobody from here on, which is what its answer says.
      // After that is out.
      setImmediate(() => {
        stopListening(rpc);
        void left.then(exit);
      });
    },
  });
  const serveReplaced = async (path: string): Promise<void> => {
    const { close } = await serveRpc(path, control.replacedHandlers());
    process.once('exit', () => void close()); // Its name goes with it.
  };
  started.resolve(control);
  const rpc = await serveRpc(socketOf(worker), control.handlers());
  const { ino } = statSync(socketOf(worker));
  // A socket that is closed takes its path away, which may be the next proxy's already.
  const stopListening = ({ close }: RpcServer): void => {
    if (statSync(socketOf(worker), { throwIfNoEntry: false })?.ino === ino) void close();
  };
  if (worker === 0) await removeUnfinishedIn(folder, Date.now());
  flushCompileCache(); // Who is killed writes nothing for the next one.
  process.on('SIGTERM', () => void front.retire(settings.limits.terminate).then(exit));
  console.log(
    `proxy ${process.pid} serves ${front.listen.map(({ host, port }) => `${host}:${port}`).join(', ')}`,
  );
}

/** What was served last. The first worker makes the file, so that the secret in it is known to the others. */
async function open(file: string, worker: number): Promise<Stored> {
  const stored = await loadRoutes(file);
  if (stored) return stored;
  if (worker > 0) throw problem('ROUTES_UNREADABLE', { path: file, why: 'the first worker has not made it' });
  const fresh = nothingStored();
  await saveRoutes(file, fresh);
  return fresh;
}

function readArguments(): { id: string; folder: string; worker: number; descriptors: number[] } {
  const [id, folder, worker = '0'] = process.argv.slice(2);
  const count = Number(process.env.GONOGO_LISTENERS);
  if (!id || !folder || !/^\d+$/.test(worker) || !Number.isInteger(count) || count < 1) {
    throw problem('USAGE', {
      what: 'usage: proxy <id> <folder> [worker], with GONOGO_LISTENERS bound sockets from descriptor 3 on',
    });
  }
  return { id, folder, worker: Number(worker), descriptors: Array.from({ length: count }, (_, i) => i + 3) };
}

/** Whatever goes wrong with one connection must not cost the others theirs. */
process.on('uncaughtException', (error) => console.error(error.stack ?? messageOf(error)));

const tell = (error: unknown): void => console.error(messageOf(error));

main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exit(1);
});
