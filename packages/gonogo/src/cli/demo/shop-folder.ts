import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { problem } from '../../errors.ts';

/** Where the sample application lies: beside the bundle (`dist/shop`), or in the checkout (`examples/shop`). */
export function shopFolder(): string {
  const places = ['./shop/', '../../../../../examples/shop/'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const found = places.find((place) => existsSync(`${place}gonogo.yaml`));
  if (!found)
    throw problem('INTERNAL', { what: `the sample application is in none of ${places.join(', ')}` });
  return found;
}
