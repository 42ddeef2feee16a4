/** An exchange that stays until somebody closes it. */
export type Lasting = { readonly kind: 'stream' | 'websocket'; close(): void };
