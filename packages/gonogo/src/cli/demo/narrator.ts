import { type Palette, paletteFor } from '../print/palette.ts';

/** Tells the story as it happens: on a terminal with a live last line, elsewhere in plain lines. */
export type Narrator = {
  /** The colours of where it is told. */
  readonly palette: Palette;
  heading(text: string): void;
  /** A paragraph, wrapped. */
  paragraph(text: string): void;
  line(text: string): void;
  /** What the last line of a terminal says now; elsewhere nothing. */
  live(text: string): void;
  /** Takes the live line away. */
  end(): void;
};

export type Out = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

const narrowest = 40;
const widest = 100;

export function narrator(out: Out): Narrator {
  const palette = paletteFor(out);
  let live = '';
  const width = (): number => Math.min(widest, Math.max(narrowest, out.columns ?? widest));
  const clear = (): void => void (out.isTTY && live !== '' && out.write('\r\x1b[K'));
  const draw = (): void => void (out.isTTY && live !== '' && out.write(live));
  const line = (text: string): void => {
    clear();
    out.write(`${text}\n`);
    draw();
  };
  return {
    palette,
    line,
    heading: (text) => line(`\n${palette.bold(text)}`),
    paragraph: (text) => line(wrap(text, width()).join('\n')),
    live: (text) => {
      clear();
      // A line that wraps could not be taken back.
      live = text.slice(0, width() - 1);
      draw();
    },
    end: () => {
      clear();
      live = '';
    },
  };
}

/** Breaks a text into lines of at most so many characters, between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
