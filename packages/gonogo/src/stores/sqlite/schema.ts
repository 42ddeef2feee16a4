/** A database's versions: what brings version n-1 to version n. Versions are only added. */
export type Schema = { readonly versions: readonly string[] };

export const journalSchema: Schema = {
  versions: [
    `
    CREATE TABLE events (
      stream TEXT NOT NULL, seq INTEGER NOT NULL, rollout TEXT, e TEXT NOT NULL, json TEXT NOT NULL,
      PRIMARY KEY (stream, seq)
    );
    CREATE INDEX events_of_rollout ON events (rollout, seq) WHERE rollout IS NOT NULL;
    -- Apart from the events, so that a list of 10,000 rollouts does not read their plans.
    CREATE TABLE milestones (
      stream TEXT NOT NULL, seq INTEGER NOT NULL, begins INTEGER NOT NULL, json TEXT NOT NULL,
      PRIMARY KEY (stream, seq)
    ) WITHOUT ROWID;
    CREATE INDEX beginnings ON milestones (stream, seq) WHERE begins = 1;
    -- A released lease keeps its row, because fences never go back.
    CREATE TABLE leases (
      stream TEXT PRIMARY KEY, owner TEXT, fence INTEGER NOT NULL, renewals INTEGER NOT NULL,
      ttl INTEGER NOT NULL, claimed_at INTEGER NOT NULL, renewed_at INTEGER NOT NULL
    );
    CREATE TABLE revisions (id TEXT PRIMARY KEY, json TEXT NOT NULL);
    CREATE TABLE evidence (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, json TEXT NOT NULL);
    `,
    `
    -- What the events before seq fold into: made from them, and of no use without them.
    CREATE TABLE snapshots (
      stream TEXT PRIMARY KEY, seq INTEGER NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL
    );
    `,
    `
    CREATE TABLE releases (
      project TEXT NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL,
      packages TEXT NOT NULL, PRIMARY KEY (project, digest)
    );
    `,
  ],
};

export const telemetrySchema: Schema = {
  versions: [
    `
    CREATE TABLE newest_checks (
      project TEXT NOT NULL, service TEXT NOT NULL, name TEXT NOT NULL, environment TEXT NOT NULL,
      host TEXT NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL,
      PRIMARY KEY (project, service, name, environment)
    );
    `,
  ],
};
