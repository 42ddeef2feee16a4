// An HTTP server that says how it is: /healthz, /readyz and /startupz. Run it with: npm start
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { createHealth } from '@gonogo/health';
import { eventLoopDelay } from '@gonogo/health/event-loop';

const { PORT = '3000', HOST = '127.0.0.1', CACHE_ADDRESS } = process.env;

/** Passes when something accepts connections there; `signal` ends the attempt at the check's timeout. */
async function accepts(address, signal) {
  const { hostname, port } = new URL(`tcp://${address}`);
  const socket = connect({ host: hostname, port: Number(port) });
  try {
    await once(socket, 'connect', { signal });
  } finally {
    socket.destroy();
  }
}

const cache = { name: 'cache', every: 1000, timeout: 500, check: (signal) => accepts(CACHE_ADDRESS, signal) };
const health = createHealth({ checks: [eventLoopDelay(), ...(CACHE_ADDRESS ? [cache] : [])] });

const server = createServer((request, response) => {
  if (health.handler(request, response)) return;
  response.setHeader('content-type', 'text/plain').end('hello\n');
});

server.listen(Number(PORT), HOST, () => console.log(`http://${HOST}:${server.address().port}`));

process.once('SIGTERM', async () => {
  // Behind gonogo no traffic comes any more when SIGTERM does; elsewhere leave the delay as it is.
  const { cut } = await health.shutdown(server, { delay: Number(process.env.SHUTDOWN_DELAY ?? 5000) });
  if (cut > 0) console.error(`${cut} connections were still open and were cut`);
  process.exit(0);
});
