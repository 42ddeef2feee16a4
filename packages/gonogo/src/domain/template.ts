import type { Values } from './revision.ts';

const placeholder = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The names in a text's `${NAME}` placeholders, in order. */
export const namesIn = (text: string): string[] =>
  [...text.matchAll(placeholder)].map((match) => match[1] ?? '');

/** True if every `${` in a text begins a well-formed `${NAME}`. */
export const isTemplate = (text: string): boolean => !text.replace(placeholder, '').includes('${');

/** The names of a text that have no value; set but empty is missing. */
export const missingIn = (text: string, values: Values): string[] =>
  namesIn(text).filter((name) => !lookUp(values, name));

/** Fills every `${NAME}`; a name without a value stays as it is (see `missingIn`). Values are not filled again. */
export const fill = (text: string, values: Values): string =>
  text.replace(placeholder, (whole, name: string) => lookUp(values, name) || whole);

/** A variable's value; undefined for names that only the prototype has. */
export const lookUp = (values: Values, name: string): string | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;
