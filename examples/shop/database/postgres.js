import { log } from '../lib/log.js';

/** Orders in PostgreSQL. The pg package is loaded only here, so a shop without PostgreSQL needs no dependency. */
export function openPostgres(url) {
  let opened;
  const open = () => {
    opened ??= connect(url).catch((error) => {
      opened = undefined; // The next question tries again.
      throw error;
    });
    return opened;
  };
  const query = async (text, values) => (await (await open()).query(text, values)).rows;
  return {
    kind: 'postgres',
    ping: () => query('SELECT 1'),
    addOrder: async ({ item, quantity }) => {
      const rows = await query('INSERT INTO orders (item, quantity) VALUES ($1, $2) RETURNING id', [
        item,
        quantity,
      ]);
      return { id: rows[0].id, item, quantity };
    },
    newestOrders: (count) =>
      query('SELECT id, item, quantity FROM orders ORDER BY id DESC LIMIT $1', [count]),
    close: async () => {
      if (opened) await (await opened).end();
    },
  };
}

// Several instances start at once, and CREATE TABLE IF NOT EXISTS alone may fail when two of them create it together.
const prepare = `BEGIN; SELECT pg_advisory_xact_lock(7301);
  CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, item text NOT NULL, quantity integer NOT NULL); COMMIT`;

async function connect(url) {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    max: 5,
    connectionTimeoutMillis: 3_000,
    query_timeout: 3_000,
  });
  // An idle connection was lost: the pool opens another when it is needed.
  pool.on('error', (error) => log('warn', `a database connection was lost: ${error.message}`));
  try {
    await pool.query(prepare);
    return pool;
  } catch (error) {
    await pool.end();
    throw error;
  }
}
