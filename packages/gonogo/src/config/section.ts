import { z } from 'zod';
import { isTemplate } from '../domain/template.ts';
import { splitWords } from './words.ts';

/** A mapping that refuses every key it does not know. */
export const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.strictObject(shape);

/** A key of the design that is not built yet: refused by its name, never ignored. `why` continues the sentence. */
export const unsupported = (why = '') =>
  z
    .never({ error: `not supported yet${why ? `: ${why}` : ''}` })
    .exactOptional()
    .meta({ description: `Not supported yet${why ? `: ${why}` : ''}.`, unsupported: true });

/** A name people choose: it reaches file names, labels and keys (see `isName`). */
export const name = z.string().regex(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/, {
  error: 'must be lower-case letters, digits and dashes, begin with a letter, and have at most 40 characters',
});

/** The name of an environment variable (POSIX, Base Definitions, section 8.1). */
export const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: 'is not the name of a variable: letters, digits and _, not beginning with a digit',
});

/** Text without NUL, which no system call takes. */
export const text = z.string().regex(/^[^\0]*$/, { error: 'must not hold a NUL character' });

/** Text that may hold `${NAME}`. */
export const template = text.refine(isTemplate, { error: `holds a \${ that does not begin a \${NAME}` });

/** A command: a list of words, or one text that is split like a shell would, but run without one. */
export const command = z.union([
  z.string().transform((line, context) => {
    const split = splitWords(line);
    if ('words' in split) return [...split.words];
    context.addIssue(split.problem);
    return z.NEVER;
  }),
  z.array(text).min(1, { error: 'the command is empty' }),
]);

/** A path inside the project's folder. */
export const innerPath = text
  .min(1)
  .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), {
    error: 'must be a path inside the project: relative and without ..',
  });
