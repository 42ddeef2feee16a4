import type { Keeping } from './release-record.ts';

/** A release that could be forgotten. */
export type Shelved = {
  readonly digest: string;
  /** It is live, warm or proven somewhere, or a rollout has to do with it. */
  readonly needed: boolean;
  /** What its files take, by content. */
  readonly contents: ReadonlyMap<string, number>;
};

/**
 * The releases that are too many or too large, of some that are given newest first: what is needed stays, then the
 * newest of the rest for as long as there is room for them. The very newest stays: it was built a moment ago.
 */
export function surplus(shelved: readonly Shelved[], keep: Keeping): string[] {
  const stored = new Set<string>();
  const add = ({ contents }: Shelved): number => {
    let added = 0;
    for (const [name, bytes] of contents) {
      if (!stored.has(name)) added += bytes;
      stored.add(name);
    }
    return added;
  };
  let bytes = shelved.filter(({ needed }) => needed).reduce((sum, release) => sum + add(release), 0);
  let count = 0;
  const gone: string[] = [];
  for (const release of shelved.filter(({ needed }) => !needed)) {
    const more = sizeBeside(release, stored);
    const isNewest = release === shelved[0];
    if (!isNewest && (count >= keep.releases || bytes + more > keep.bytes)) gone.push(release.digest);
    else {
      count += 1;
      bytes += add(release);
    }
  }
  return gone;
}

/** What a release takes beside what is stored already. */
const sizeBeside = ({ contents }: Shelved, stored: ReadonlySet<string>): number =>
  [...contents].reduce((sum, [name, bytes]) => sum + (stored.has(name) ? 0 : bytes), 0);
