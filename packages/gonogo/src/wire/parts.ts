import * as z from 'zod/mini';

/** What several schemas are made of. zod/mini, because every process pays for its start and for each schema it holds. */

export const port = z.int().check(z.gte(1), z.lte(65_535));
/** Of things, from none. */
export const count = z.int().check(z.gte(0));
/** Of things, from one. */
export const positive = z.int().check(z.gte(1));
/** Milliseconds, bytes and weights, with a fraction perhaps. */
export const amount = z.number().check(z.gte(0));

/** A text of at most so many characters. */
export const text = (most: number) => z.string().check(z.maxLength(most));
/** A text of one to so many characters. */
export const filled = (most: number) => z.string().check(z.minLength(1), z.maxLength(most));
/** A list with something in it. */
export const some = <S extends z.core.SomeType>(item: S) => z.array(item).check(z.minLength(1));
/** Any names with texts: variables, labels, header fields. */
export const texts = z.record(z.string(), z.string());

/** A name that people choose in a configuration. */
export const name = z.string().check(z.regex(/^[a-z][a-z0-9-]{0,39}$/));
export const slotName = z.enum(['blue', 'green']);
