export type Words = { readonly words: readonly string[] } | { readonly problem: string };

/** What a shell would act on. gonogo starts commands without one, so it refuses what it would have to ignore. */
const special = /[|&;<>()$`*?[\]\n\r]/;

const noShell = (what: string): Words => ({
  problem: `${what} needs a shell: use [sh, -c, "…"], or quote it to pass it on as it is`,
});

/**
 * Splits a command into words by the quoting rules of POSIX (Shell Command Language, section 2.2) and does nothing
 * else that a shell does: expansions, redirections, lists and assignments are refused.
 */
export function splitWords(text: string): Words {
  const words: string[] = [];
  let rest = text.trim();
  if (/^[A-Za-z_]\w*=/.test(rest)) return noShell('a variable before the command');
  while (rest !== '') {
    const taken = takeWord(rest);
    if ('problem' in taken) return taken;
    words.push(taken.word);
    rest = taken.rest.replace(/^[ \t]+/, '');
  }
  return words.length > 0 ? { words } : { problem: 'the command is empty' };
}

type Taken = { readonly word: string; readonly rest: string };

function takeWord(text: string): Taken | { readonly problem: string } {
  if (text.startsWith('~')) return noShell('~') as { problem: string };
  let word = '';
  let rest = text;
  while (rest !== '' && !/^[ \t]/.test(rest)) {
    const piece = takePiece(rest);
    if ('problem' in piece) return piece;
    word += piece.word;
    rest = piece.rest;
  }
  return { word, rest };
}

function takePiece(text: string): Taken | { readonly problem: string } {
  const first = text.charAt(0);
  if (first === "'") return takeSingle(text);
  if (first === '"') return takeDouble(text);
  if (first === '\\') return takeEscaped(text);
  if (special.test(first)) return noShell(nameOf(text)) as { problem: string };
  return { word: first, rest: text.slice(1) };
}

function takeSingle(text: string): Taken | { readonly problem: string } {
  const end = text.indexOf("'", 1);
  if (end < 0) return { problem: "a ' has no other to close it" };
  return { word: text.slice(1, end), rest: text.slice(end + 1) };
}

/** Inside double quotes a backslash escapes only `"`, `\`, `$` and a backquote. */
function takeDouble(text: string): Taken | { readonly problem: string } {
  const match = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(text);
  if (!match) return { problem: 'a " has no other to close it' };
  const inside = match[1] ?? '';
  const live = /[$`]/.exec(inside.replace(/\\[\s\S]/g, '  '));
  if (live) return noShell(nameOf(inside.slice(live.index))) as { problem: string };
  return {
    word: inside.replace(/\\(["\\$`])/g, '$1').replace(/\\\n/g, ''),
    rest: text.slice(match[0].length),
  };
}

function takeEscaped(text: string): Taken | { readonly problem: string } {
  if (text.length < 2) return { problem: 'the command ends in a backslash' };
  return { word: text.charAt(1), rest: text.slice(2) };
}

/** The operator at the beginning of a text, as people write it. */
const nameOf = (text: string): string =>
  text.startsWith('\n') || text.startsWith('\r')
    ? 'a second line'
    : (/^(\$\(|\$\{|&&|\|\||>>|<<)/.exec(text)?.[0] ?? text.charAt(0));
