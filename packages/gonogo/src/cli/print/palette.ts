import { styleText } from 'node:util';

type Paint = (text: string) => string;
export type Palette = {
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly dim: Paint;
  readonly bold: Paint;
};

/** Colours on a terminal that wants them (`NO_COLOR` unset or empty, `TERM` not `dumb`); the text as it is elsewhere. */
export const paletteFor = (stream: { readonly isTTY?: boolean }, env = process.env): Palette =>
  stream.isTTY && !env.NO_COLOR && env.TERM !== 'dumb' ? coloured : plain;

const paint =
  (...styles: Parameters<typeof styleText>[0][]): Paint =>
  (text) =>
    styles.reduce<string>((painted, style) => styleText(style, painted, { validateStream: false }), text);

const coloured: Palette = {
  red: paint('red'),
  green: paint('green'),
  yellow: paint('yellow'),
  dim: paint('dim'),
  bold: paint('bold'),
};

const asItIs: Paint = (text) => text;

export const plain: Palette = { red: asItIs, green: asItIs, yellow: asItIs, dim: asItIs, bold: asItIs };
