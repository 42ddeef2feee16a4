import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, Problem, problem } from '../../errors.ts';
import { isErrno } from '../../system/files.ts';
import type { Schema } from './schema.ts';

/** An open database with one writer: this connection. */
export type Database = {
  readonly path: string;
  readonly sql: DatabaseSync;
  /** Runs work in one transaction that is on disk, as far as `synchronous` promises, when this returns. */
  write<T>(work: () => T): T;
  /**
   * As `write`, but on disk no later than the next `write`, not when this returns: the log is a prefix after a power
   * failure (sqlite.org/wal.html). For what is of no use before something else refers to it, or may be lost.
   */
  writeAhead<T>(work: () => T): T;
  close(): void;
};

export type OpenOptions = { readonly schema: Schema; readonly synchronous: 'FULL' | 'NORMAL' };

/** Result codes of SQLite after which nothing more is known about what is on the disk (sqlite.org/rescode.html). */
const fatal = new Set([7, 8, 10, 11, 13, 14, 26]);
const SQLITE_FULL = 13;

/** Opens or creates a database, mode 0600. Refuses one that a newer gonogo wrote (STATE_NEWER) without changing it. */
export function openDatabase(path: string, options: OpenOptions): Database {
  try {
    if (!createPrivate(path)) refuseNewer(path, options.schema);
    const sql = new DatabaseSync(path, { timeout: 5000 });
    sql.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=${options.synchronous};`);
    migrate(sql, options.schema);
    return withOneWriter(path, sql, options.synchronous);
  } catch (error) {
    throw sqliteProblem(error, path);
  }
}

/** Creates the file for this user only; SQLite gives its companions (-wal, -shm) the same mode. False: it was there. */
function createPrivate(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    // An existing file is not opened here: closing its descriptor would drop the locks of other connections.
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
  return true;
}

function refuseNewer(path: string, schema: Schema): void {
  const sql = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  try {
    const found = versionOf(sql);
    const known = schema.versions.length;
    if (found > known) throw problem('STATE_NEWER', { path, found, known });
  } finally {
    sql.close();
  }
}

const versionOf = (sql: DatabaseSync): number =>
  Number(sql.prepare('PRAGMA user_version').get()?.user_version ?? 0);

function migrate(sql: DatabaseSync, schema: Schema): void {
  for (let version = versionOf(sql); version < schema.versions.length; version += 1) {
    sql.exec(`BEGIN IMMEDIATE; ${schema.versions[version]}; PRAGMA user_version=${version + 1}; COMMIT;`);
  }
}

/** After a full disk or a failed write or sync, the writer stops for good: trying again could lose what was promised. */
function withOneWriter(path: string, sql: DatabaseSync, synchronous: string): Database {
  let stopped: Problem | undefined;
  const write = <T>(work: () => T): T => {
    if (stopped) throw stopped;
    try {
      return transaction(sql, work);
    } catch (error) {
      const found = sqliteProblem(error, path);
      if (isFatal(error)) stopped = found;
      throw found;
    }
  };
  return {
    path,
    sql,
    write,
    writeAhead: (work) => {
      sql.exec('PRAGMA synchronous=NORMAL');
      try {
        return write(work);
      } finally {
        sql.exec(`PRAGMA synchronous=${synchronous}`);
      }
    },
    close: () => sql.close(),
  };
}

function transaction<T>(sql: DatabaseSync, work: () => T): T {
  sql.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    sql.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has rolled back by itself after the gravest errors.
    if (sql.isTransaction) sql.exec('ROLLBACK');
    throw error;
  }
}

/** The primary result code; extended codes carry it in their low byte. */
const primaryCode = (error: unknown): number =>
  ((error as { errcode?: number } | undefined)?.errcode ?? 0) % 256;

const isFatal = (error: unknown): boolean => fatal.has(primaryCode(error));

/** What an error of SQLite or of the file system means to a user. Problems pass through. */
function sqliteProblem(error: unknown, path: string): Problem {
  if (error instanceof Problem) return error;
  if (primaryCode(error) === SQLITE_FULL || isErrno(error, 'ENOSPC'))
    return problem('DISK_FULL', { path }, error);
  return problem('STATE_UNUSABLE', { path, why: messageOf(error) }, error);
}
