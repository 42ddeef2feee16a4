import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** One import of a module by another. `types` imports vanish at run time; `lazy` ones load when they are reached. */
export type Import = {
  /** Paths are relative to the repository's root. */
  readonly from: string;
  /** `./domain/plan.ts` resolved to its path, or the specifier of a package or of `node:*`. */
  readonly to: string;
  readonly local: boolean;
  readonly how: 'types' | 'static' | 'lazy';
};

// Under `verbatimModuleSyntax` only `import type` and `export type` are erased: `import { type A }` still loads the module.
const statement =
  /^[ \t]*(?:import|export)\s+(type\s+(?!from\s*['"]))?(?:[\w*{}\s,$]+?from\s*)?['"]([^'"\n]+)['"]/gm;
// `import('x').Name` with a capital is a type; anything else with parentheses is run.
const expression = /(typeof\s+)?\bimport\(\s*(['"`]?)([^)'"`]*)\2\s*,?[^)]*\)(\.[A-Z])?/g;

/** Every import in the files that the patterns match. Comments do not count. */
export function importsOf(root: string, patterns: readonly string[]): Import[] {
  return filesOf(root, patterns).flatMap((from) => importsIn(root, from));
}

/** Files matched by the patterns, relative to the root and sorted, without installed and built ones. */
export const filesOf = (root: string, patterns: readonly string[]): string[] =>
  globSync([...patterns], { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] }).sort();

function importsIn(root: string, from: string): Import[] {
  const text = withoutComments(readFileSync(join(root, from), 'utf8'));
  const found: Import[] = [];
  for (const [, type, to = ''] of text.matchAll(statement))
    found.push(resolve(root, { from, to, how: type ? 'types' : 'static' }));
  for (const [, typeOf, , to = '', type] of text.matchAll(expression))
    found.push(resolve(root, { from, to, how: typeOf || type ? 'types' : 'lazy' }));
  return found;
}

function resolve(root: string, found: Omit<Import, 'local'>): Import {
  if (!found.to.startsWith('.')) return { ...found, local: false };
  return { ...found, local: true, to: relative(root, join(root, dirname(found.from), found.to)) };
}

// By line, because `/*` and `*/` also occur inside of strings: every glob has them.
const withoutComments = (text: string): string => text.replace(/^\s*(?:\/\/|\/\*|\* ).*$/gm, '');
