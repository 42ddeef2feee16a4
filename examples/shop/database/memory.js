/** Orders in this process's memory, gone when it ends: for trying the shop out. */
export function openMemory() {
  const orders = [];
  return {
    kind: 'memory',
    ping: () => Promise.resolve(),
    addOrder: async (order) => {
      const kept = { id: orders.length + 1, ...order };
      orders.push(kept);
      return kept;
    },
    newestOrders: async (count) => orders.slice(-count).reverse(),
    close: () => Promise.resolve(),
  };
}
