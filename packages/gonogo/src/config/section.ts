import * as z from 'zod/mini';
import { isTemplate } from '../domain/template.ts';
import { splitWords } from './words.ts';

// zod/mini, because every command pays for its start: the classic schemas cost 46 ms to load and build, these 9.

type Schema = z.core.SomeType & z.ZodMiniType;

/** A mapping that refuses every key it does not know. */
export const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.strictObject(shape);

/** Says what a key is for; the JSON Schema and the reference page read it. */
export const doc = <S extends Schema>(schema: S, description: string): S => {
  z.globalRegistry.add(schema, { description });
  return schema;
};

/** A key that may be absent. */
export const optional = <S extends Schema>(schema: S, description: string) =>
  doc(z.exactOptional(schema), description);

/** A key that may be absent, with the value it then has, as people would write it. */
export const withDefault = <S extends Schema>(schema: S, value: z.input<S>, description: string) =>
  doc(z.prefault(schema, value), description);

/** A schema whose result is made into something else; `refuse` reports what cannot be. */
export const parsed = <S extends Schema, Out>(schema: S, make: (value: z.output<S>, refuse: Refuse) => Out) =>
  z.pipe(
    schema,
    z.transform((value: z.output<S>, payload) =>
      make(value, (message, path = []) => {
        payload.issues.push({ code: 'custom', message, path: [...path], input: value });
        return z.NEVER;
      }),
    ),
  );

/** Reports a problem, of a key inside if a path is given; its result stands for a value that there is none of. */
export type Refuse = (message: string, path?: readonly PropertyKey[]) => never;

/** A rule beyond the type. */
export const rule = <T>(holds: (value: T) => boolean, error: string) => z.refine<T>(holds, { error });

/** A list with something in it. */
export const some = <S extends Schema>(item: S, error: string) =>
  z.array(item).check(z.minLength(1, { error }));

/** A key of the design that is not built yet: refused by its name, never ignored. `why` continues the sentence. */
export const unsupported = (why = '') => {
  const says = `not supported yet${why ? `: ${why}` : ''}`;
  return optional(z.never({ error: says }), `${says.replace(/^n/, 'N')}.`);
};

/** A name people choose: it reaches file names, labels and keys (see `isName`). */
export const name = z.string().check(
  z.regex(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/, {
    error:
      'must be lower-case letters, digits and dashes, begin with a letter, and have at most 40 characters',
  }),
);

/** The name of an environment variable (POSIX, Base Definitions, section 8.1). */
export const variableName = z.string().check(
  z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: 'is not the name of a variable: letters, digits and _, not beginning with a digit',
  }),
);

/** Text without NUL, which no system call takes. */
export const text = z.string().check(z.regex(/^[^\0]*$/, { error: 'must not hold a NUL character' }));

/** Text that may hold `${NAME}`. */
export const template = text.check(rule(isTemplate, `holds a \${ that does not begin a \${NAME}`));

/** A command: a list of words, or one text that is split like a shell would, but run without one. */
export const command = z.union([
  parsed(z.string(), (line, refuse): string[] => {
    const split = splitWords(line);
    return 'words' in split ? [...split.words] : refuse(split.problem);
  }),
  some(text, 'the command is empty'),
]);

/** A path inside the project's folder. */
export const innerPath = text.check(
  z.minLength(1),
  rule(
    (path) => !path.startsWith('/') && !path.split('/').includes('..'),
    'must be a path inside the project: relative and without ..',
  ),
);
