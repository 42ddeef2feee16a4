import { log } from './log.js';

const largestBody = 64 * 1024;

/** An answer other than 200 that the client has earned. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Finds the route of a request, runs it and sends what it returns; whatever it throws becomes an error answer. */
export async function answer(routes, shop, exchange) {
  const { request, response } = exchange;
  try {
    const { status = 200, type, body } = await find(routes, request)(request);
    send(shop, exchange, { status, type, body });
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 500;
    if (status === 500) log('error', `${request.method} ${request.url}: ${error.stack}`);
    // A stranger is told nothing about the inside: the log has it.
    const message = status === 500 ? 'internal error' : error.message;
    if (!response.headersSent) send(shop, exchange, { status, body: { error: message } });
  }
}

function find(routes, request) {
  const path = request.url.split('?', 1)[0];
  const methods = routes[path];
  if (!methods) throw new Refusal(404, 'not found');
  const route = methods[request.method === 'HEAD' ? 'GET' : request.method];
  if (!route) throw new Refusal(405, `${path} takes ${Object.keys(methods).join(', ')}`);
  return route;
}

function send(shop, { request, response }, { status, type = 'application/json', body }) {
  const { version, releaseId } = shop.settings;
  const text = typeof body === 'string' ? body : JSON.stringify({ ...body, version, releaseId });
  // While stopping, every answer is the last one on its connection, so that the client opens the next one elsewhere.
  if (shop.health.stopping()) response.setHeader('connection', 'close');
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : text);
  log('debug', `${request.method} ${request.url} ${status}`);
}

/** The JSON object in a request's body. */
export async function readJson(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > largestBody) throw new Refusal(413, `a body has at most ${largestBody} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refusal(400, 'the body is not JSON');
  }
}
