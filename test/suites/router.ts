import type { Router } from '../../packages/gonogo/src/ports/router.ts';
export type RouterHost = { readonly router: Router; again(): Promise<Router>; close(): Promise<void> };
