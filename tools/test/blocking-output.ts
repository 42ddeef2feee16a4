/**
 * Loaded into the process of every test file: each write waits until it is taken. Otherwise a process that is made to end
 * takes with it what its pipe had no room for, results of tests among it.
 */
type Stdout = { readonly _handle?: { setBlocking?(blocking: boolean): number } };

(process.stdout as unknown as Stdout)._handle?.setBlocking?.(true);
