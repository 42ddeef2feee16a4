import type { Path } from './document.ts';

export type Misfit = { readonly path: Path; readonly message: string };

export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong between sections, each of which may be right for itself: what a bundle's `run:` must and must not say. */
export function misfitsOf(file: unknown): Misfit[] {
  if (!isMapping(file) || !isMapping(file.artifact)) return [];
  const { artifact, run } = file;
  if (!Object.hasOwn(artifact, 'bundle')) return [];
  if (Object.hasOwn(artifact, 'image'))
    return [
      { path: ['artifact', 'image'], message: 'there is a bundle already: only one of them can be deployed' },
    ];
  if (!isMapping(run)) return [];
  const misfits: Misfit[] = [];
  if (!Object.hasOwn(run, 'command')) {
    misfits.push({ path: ['run', 'command'], message: 'is missing: a bundle has no command of its own' });
  }
  if (Object.hasOwn(run, 'port')) {
    const message = 'belongs to images; a bundle listens on the free port it is given in $PORT';
    misfits.push({ path: ['run', 'port'], message });
  }
  for (const key of ['memory', 'cpus', 'read_only', 'networks'])
    if (Object.hasOwn(run, key))
      misfits.push({ path: ['run', key], message: 'belongs to images; a bundle runs as plain processes' });
  return misfits;
}
