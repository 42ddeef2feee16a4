import { createOrder, listOrders } from './orders.js';
import { page } from './page.js';

/** Every path the shop answers, by method. */
export function routesOf(shop) {
  const { database, health, settings } = shop;
  return {
    '/': { GET: () => ({ type: 'text/html', body: page(settings) }) },
    '/healthz': { GET: () => health.live() },
    '/readyz': { GET: () => health.ready() },
    '/startupz': { GET: () => health.started() },
    '/api/v1/status': { GET: () => ({ body: { status: 'ok', uptime: Math.round(process.uptime()) } }) },
    '/api/v1/db-check': { GET: () => checkDatabase(database) },
    '/api/v1/orders': {
      GET: () => listOrders(shop),
      POST: (request) => createOrder(shop, request),
    },
  };
}

/** Asks the database itself, now: for a person or a smoke test, never for a probe. */
async function checkDatabase(database) {
  const begun = performance.now();
  try {
    await database.ping();
    return { body: { status: 'ok', database: database.kind, ms: Math.round(performance.now() - begun) } };
  } catch (error) {
    return {
      status: 503,
      body: { status: 'unavailable', database: database.kind, why: error.code ?? 'failed' },
    };
  }
}
