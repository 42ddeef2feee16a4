import { z } from 'zod';

/** The embedded router takes no settings of its own: where it listens is the environment's `listen`. */
export const EmbeddedOptions = z.strictObject({});
