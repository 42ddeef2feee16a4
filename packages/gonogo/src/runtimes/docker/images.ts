import { Readable } from 'node:stream';
import { problem } from '../../errors.ts';
import type { ImageShelf } from '../../ports/revisions.ts';
import { asked, askedFor, type Engine, engineProblem, statusOf } from './engine.ts';

/**
 * The images of an engine: how they come to it without a registry, stay and go. `owner` is in the names that we give,
 * because what one agent drops another one may keep.
 */
export function imageShelf(engine: Engine, owner: string): ImageShelf {
  const find = (name: string) => askedFor(engine, 'look at an image', engine.calls.getImage(name).inspect());
  return {
    has: async (id) => (await find(id))?.Id === id,
    put: async (id, bytes) => {
      const answer = await asked(engine, 'load an image', engine.streams.loadImage(Readable.from(bytes)));
      const said = await textOf(answer);
      if ((await find(id))?.Id !== id) throw problem('IMAGE_MISMATCH', { image: id, got: gotOf(said) });
    },
    keep: async (id, service) => {
      const name = { repo: `gonogo/${service}`, tag: `${id.replace('sha256:', '').slice(0, 12)}-${owner}` };
      await asked(engine, 'name an image', engine.calls.getImage(id).tag(name));
    },
    drop: async (id) => {
      const names = (await find(id))?.RepoTags ?? [];
      for (const name of names.filter((one) => one.startsWith('gonogo/') && one.endsWith(`-${owner}`)))
        await unname(engine, name);
    },
  };
}

async function unname(engine: Engine, name: string): Promise<void> {
  try {
    await engine.calls.getImage(name).remove();
  } catch (error) {
    // Gone already, or a container that is not ours is made of it: then it stays.
    if (statusOf(error) !== 404 && statusOf(error) !== 409)
      throw engineProblem(engine, 'remove an image', error);
  }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

/** The engine says what it loaded in prose: `Loaded image ID: sha256:…`. */
const gotOf = (said: string): string => /sha256:[0-9a-f]{64}/.exec(said)?.[0] ?? 'not an image';
