import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { Client } from 'pg';

/** A database of one test on the server at `GONOGO_PG_URL`, with a role of its own that owns it. */
export type TestDatabase = {
  /** With the role's name and password. */
  readonly url: string;
  readonly password: string;
  /** The same with another password. */
  withPassword(password: string): string;
  /** Runs SQL in it as its owner. */
  query<Row>(sql: string): Promise<Row[]>;
};

/** Makes an empty database; it and its role are dropped after the test. */
export async function makeDatabase(t: TestContext): Promise<TestDatabase> {
  const server = serverUrl();
  // Hexadecimal digits can stand in SQL as they are; the rest of the password must be encoded in a URL.
  const name = `gonogo_e2e_${randomBytes(6).toString('hex')}`;
  const password = `${randomBytes(12).toString('hex')}/@:%+`;
  t.after(() => drop(server, name));
  await runIn(server, `CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
  await runIn(server, `CREATE DATABASE ${name} OWNER ${name}`);
  const withPassword = (other: string): string => urlOf(server, { name, password: other });
  const url = withPassword(password);
  return { url, password, withPassword, query: (sql) => runIn(url, sql) };
}

function serverUrl(): string {
  const url = process.env.GONOGO_PG_URL;
  if (!url) throw new Error("GONOGO_PG_URL is not set: the test should be skipped by needs('postgres')");
  return url;
}

function urlOf(server: string, { name, password }: { name: string; password: string }): string {
  const url = new URL(server);
  Object.assign(url, { username: name, password: encodeURIComponent(password), pathname: `/${name}` });
  return url.href;
}

async function runIn<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** Forced: an instance of a failed test may still hold a connection. */
async function drop(server: string, name: string): Promise<void> {
  await runIn(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await runIn(server, `DROP ROLE IF EXISTS ${name}`);
}
