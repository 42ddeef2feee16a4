/** A rule that the linter has not: what it looks for in a line of code, and why that is wrong here. */
type Rule = { readonly pattern: RegExp; readonly why: string; readonly only?: RegExp };

export type SourceFile = { readonly path: string; readonly text: string };
export type Finding = { readonly path: string; readonly line: number; readonly why: string };

const rules: readonly Rule[] = [
  {
    pattern: /\bshell:\s*(true\b|['"`/])/,
    why: 'a shell reads user input as code; spawn with an argument list',
  },
  { pattern: /\bchild_process\.exec(Sync)?\b/, why: 'exec starts a shell; use spawn or execFile' },
  {
    pattern: /@ts-(ignore|expect-error|nocheck)\b/,
    why: 'say what the type is instead of silencing the compiler',
  },
  {
    only: /\/(domain|strategies)\/(?!.*\.test\.ts$)/,
    pattern:
      /\b(await|async|setTimeout|setInterval|Math\.random|Date\.now|performance\.now|new Date\(\)|process)\b/,
    why: 'the domain decides; time, randomness and the world are passed in',
  },
];

/** What the rules find in one file. Lines that are comments count only for `@ts-…`, which is one. */
export function findIn({ path, text }: SourceFile): Finding[] {
  const applying = rules.filter(({ only }) => only === undefined || only.test(path));
  return text
    .split('\n')
    .flatMap((line, index) =>
      applying
        .filter(({ pattern }) => pattern.test(isComment(line) && !line.includes('@ts-') ? '' : line))
        .map(({ why }) => ({ path, line: index + 1, why })),
    );
}

const isComment = (line: string): boolean => /^\s*(\/\/|\/?\*)/.test(line);

/** Codes of the catalogue that nothing throws or asks for: a sentence that no user can meet. */
export function unusedCodes(codes: readonly string[], sources: readonly SourceFile[]): string[] {
  const users = sources.filter(({ path }) => !path.includes('/errors/'));
  return codes.filter((code) => !users.some(({ text }) => new RegExp(`['"]${code}['"]`).test(text)));
}
