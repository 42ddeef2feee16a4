import { statSync } from 'node:fs';

/** How often a file is looked at. The kernel could tell of changes, but refuses to when it tells of too many. */
const lookEvery = 20;

/** Calls `changed` now, and each time a file was replaced by another of its name, for as long as this process lives. */
export function follow(file: string, changed: () => void): void {
  let known = '';
  const look = (): void => {
    const found = statSync(file, { throwIfNoEntry: false });
    const is = found ? `${found.ino} ${found.mtimeMs}` : known;
    if (is === known) return;
    known = is;
    changed();
  };
  look();
  setInterval(look, lookEvery).unref();
}
