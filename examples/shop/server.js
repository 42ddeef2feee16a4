import { createServer } from 'node:http';
import { openDatabase } from './database/open.js';
import { watchHealth } from './lib/health.js';
import { answer } from './lib/http.js';
import { log, setLogLevel } from './lib/log.js';
import { routesOf } from './lib/routes.js';
import { readSettings } from './lib/settings.js';
import { stopOnSignal } from './lib/stop.js';

const settings = readSettings(process.env);
setLogLevel(settings.logLevel);

const database = openDatabase(settings);
const health = watchHealth(database);
const shop = { settings, database, health };
const routes = routesOf(shop);

const server = createServer((request, response) => answer(routes, shop, { request, response }));
// Longer than whatever stands in front keeps its connections, so that it is never this end that hangs up first.
server.keepAliveTimeout = 75_000;

server.listen(settings.port, settings.host, () => {
  const { address, port } = server.address();
  log('info', `shop ${settings.version} (${settings.releaseId}) listens on ${address}:${port}`);
});
server.on('error', (error) => {
  log('error', `cannot listen on ${settings.host}:${settings.port}: ${error.message}`);
  process.exit(1);
});
stopOnSignal({ server, shop });
