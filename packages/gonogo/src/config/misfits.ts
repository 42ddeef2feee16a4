import { nestedIn, sharedPath } from '../domain/shared.ts';
import type { Path } from './document.ts';

export type Misfit = { readonly path: Path; readonly message: string };

export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong between sections, each of which may be right for itself. */
export const misfitsOf = (file: unknown): Misfit[] =>
  isMapping(file)
    ? [...artifactMisfits(file), ...sharedMisfits(file.run), ...originMisfits(file.environments)]
    : [];

/** What a bundle's `run:` must and must not say. */
function artifactMisfits({ artifact, run }: Readonly<Record<string, unknown>>): Misfit[] {
  if (!isMapping(artifact) || !Object.hasOwn(artifact, 'bundle')) return [];
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

/** One that lies in another could be replaced by whoever runs there. */
function sharedMisfits(run: unknown): Misfit[] {
  if (!isMapping(run) || !Array.isArray(run.shared)) return [];
  const paths = run.shared.map((path) => (typeof path === 'string' ? sharedPath(path) : undefined));
  return paths.flatMap((path, index) => {
    const others = paths.toSpliced(index, 1).filter((other) => other !== undefined);
    const outer = path === undefined ? undefined : nestedIn(path, others);
    if (outer === undefined) return [];
    return [{ path: ['run', 'shared', index], message: `lies in ${outer}, which is shared already` }];
  });
}

/** `from:` names another environment, and following it comes to an end: else nothing could ever be deployed there. */
function originMisfits(environments: unknown): Misfit[] {
  if (!isMapping(environments)) return [];
  const originOf = (name: string): string | undefined => {
    const environment = Object.hasOwn(environments, name) ? environments[name] : undefined;
    return isMapping(environment) && typeof environment.from === 'string' ? environment.from : undefined;
  };
  return Object.keys(environments).flatMap((name) => {
    const message = whyNoOrigin(name, originOf, Object.keys(environments));
    return message === undefined ? [] : [{ path: ['environments', name, 'from'], message }];
  });
}

function whyNoOrigin(
  name: string,
  originOf: (name: string) => string | undefined,
  known: readonly string[],
): string | undefined {
  const origin = originOf(name);
  if (origin === undefined) return undefined;
  if (!known.includes(origin)) return `there is no environment "${origin}"; there is ${known.join(', ')}`;
  const seen = new Set<string>();
  for (let at: string | undefined = origin; at !== undefined && !seen.has(at); at = originOf(at)) {
    if (at === name) return 'leads back to this environment: nothing could ever be deployed here';
    seen.add(at);
  }
  return undefined;
}
