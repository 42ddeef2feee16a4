type Named = { readonly release: string; readonly revision: string };

/** How a list names its releases: with the revision where one release stands in it with several sets of variables. */
export function namesOf(listed: readonly Named[]): (one: Named) => string {
  const revisions = new Map<string, Set<string>>();
  for (const { release, revision } of listed)
    revisions.set(release, (revisions.get(release) ?? new Set()).add(revision));
  return ({ release, revision }) =>
    (revisions.get(release)?.size ?? 0) > 1 ? `${release} (${revision})` : release;
}
