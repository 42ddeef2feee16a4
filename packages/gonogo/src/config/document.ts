import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { ConfigProblem } from '../errors/config.ts';

export type Path = readonly PropertyKey[];

/** A YAML file as plain values, and where in the text each of them stands. */
export type ConfigDocument = {
  readonly value: unknown;
  /** What is wrong with the YAML itself. */
  readonly problems: readonly ConfigProblem[];
  /** Makes a problem at a path: at the key if the key itself is wrong, else at the value. */
  problemAt(path: Path, message: string, at: 'key' | 'value'): ConfigProblem;
};

/** Reads YAML 1.2; syntax errors and duplicate keys become problems. */
export function readDocument(source: string, file: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(source, {
    lineCounter: lines,
    prettyErrors: false,
    strict: true,
    version: '1.2',
  });
  const at = (offset: number, path: string, message: string): ConfigProblem => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), path, message };
  };
  const problems = [...document.errors, ...document.warnings].map((error) =>
    at(error.pos[0], '', sentence(error)),
  );
  return {
    value: problems.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 }),
    problems,
    problemAt: (path, message, where) =>
      at(offsetOf(document.contents, path, where), pathText(path), message),
  };
}

function sentence(error: { readonly code: string; readonly message: string }): string {
  if (error.code === 'DUPLICATE_KEY') return 'this key is there twice: only one of them can count';
  if (error.code === 'MULTIPLE_DOCS') return 'the file holds several YAML documents: keep one';
  return `not YAML: ${error.message.replace(/\s+/g, ' ')}`;
}

/** The offset of the deepest part of a path that is in the text. */
function offsetOf(root: Node | null, path: Path, where: 'key' | 'value'): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const [index, part] of path.entries()) {
    const child = childOf(node, part);
    if (!child) return offset;
    const wantsKey = where === 'key' && index === path.length - 1;
    offset = wantsKey || child.value === undefined ? child.key : child.value;
    node = child.node;
  }
  return offset;
}

type Child = { readonly node: unknown; readonly key: number; readonly value: number | undefined };

function childOf(node: unknown, part: PropertyKey): Child | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(part)] as Node | undefined;
    const offset = item?.range?.[0];
    return offset === undefined ? undefined : { node: item, key: offset, value: offset };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isPair(item) && keyText(item.key) === String(part));
  if (!pair) return undefined;
  const key = (pair.key as Node).range?.[0] ?? 0;
  // A mapping is pointed at by its key: what is missing in it has no place of its own.
  const value = isScalar(pair.value) || isSeq(pair.value) ? (pair.value as Node).range?.[0] : key;
  return { node: pair.value, key, value };
}

const keyText = (key: unknown): string => (isScalar(key) ? String(key.value) : '');

/** `environments.production.env[0]` */
export const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = String(part);
    if (!/^[\w-]+$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');
