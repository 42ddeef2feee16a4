import { Refusal, readJson } from './http.js';

/** The newest orders, newest first. */
export async function listOrders(shop) {
  const orders = await shop.database.newestOrders(20);
  return { body: { orders } };
}

/** Takes `{ "item": "tea", "quantity": 2 }` and answers the order with its number. */
export async function createOrder(shop, request) {
  const wanted = checkOrder(await readJson(request));
  const order = await shop.database.addOrder(wanted);
  return { status: 201, body: { order } };
}

function checkOrder(body) {
  const { item, quantity } = body ?? {};
  if (typeof item !== 'string' || item.length === 0 || item.length > 100)
    throw new Refusal(400, 'item must be a name');
  if (!Number.isInteger(quantity) || quantity < 1)
    throw new Refusal(400, 'quantity must be a whole number above 0');
  return { item, quantity };
}
