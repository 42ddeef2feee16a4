import assert from 'node:assert/strict';
import { test } from 'node:test';
import { narrator, type Out, wrap } from './narrator.ts';

const paper = (isTTY: boolean): { out: Out; text: () => string } => {
  let text = '';
  const write = (piece: string | Uint8Array): boolean => {
    text += piece;
    return true;
  };
  return { out: { isTTY, columns: 60, write } as Out, text: () => text };
};

test('elsewhere than on a terminal there are plain lines and nothing live', () => {
  const { out, text } = paper(false);
  const { heading, line, live, end } = narrator(out);
  heading('1. One');
  live('users: 1');
  line('it happens');
  end();
  assert.equal(text(), '\n1. One\nit happens\n');
});

test('on a terminal the live line stays last, is rewritten in place and taken away at the end', () => {
  const { out, text } = paper(true);
  const { line, live, end } = narrator(out);
  live('users: 1');
  line('it happens');
  live('users: 2');
  end();
  const clear = '\r\x1b[K';
  assert.equal(text(), `users: 1${clear}it happens\nusers: 1${clear}users: 2${clear}`);
});

test('a live line is cut rather than wrapped, because a wrapped line cannot be taken back', () => {
  const { out, text } = paper(true);
  narrator(out).live('x'.repeat(200));
  assert.equal(text().length, 59);
});

test('text is wrapped between words', () => {
  assert.deepEqual(wrap('a bb ccc dddd', 6), ['a bb', 'ccc', 'dddd']);
});
