import { Readable } from 'node:stream';
import { problem } from '../../errors.ts';
import { asked, askedFor, type Engine } from './engine.ts';

/** The images of an engine, by their ids: how they move from one engine to another without a registry. */
export type ImageStore = {
  has(id: string): Promise<boolean>;
  /** What `docker save` writes. Fails with IMAGE_MISSING. */
  save(id: string): Promise<Readable>;
  /** What `docker load` reads. Fails with IMAGE_MISMATCH when what came is another image. */
  load(id: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
};

export function imageStore(engine: Engine): ImageStore {
  const idOf = async (name: string): Promise<string | undefined> =>
    (await askedFor(engine, 'look at an image', engine.calls.getImage(name).inspect()))?.Id;
  return {
    has: async (id) => (await idOf(id)) === id,
    save: async (id) => {
      if ((await idOf(id)) === undefined) throw problem('IMAGE_MISSING', { image: id });
      return (await asked(engine, 'save an image', engine.streams.getImage(id).get())) as Readable;
    },
    load: async (id, bytes) => {
      const stream = Readable.from(bytes);
      const answer = await asked(engine, 'load an image', engine.streams.loadImage(stream));
      const said = await textOf(answer);
      if ((await idOf(id)) !== id) throw problem('IMAGE_MISMATCH', { image: id, got: gotOf(said) });
    },
  };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

/** The engine says what it loaded in prose: `Loaded image ID: sha256:…`. */
const gotOf = (said: string): string => /sha256:[0-9a-f]{64}/.exec(said)?.[0] ?? 'not an image';
