export type Progress = { step(): void; clear(): void };

/** A line on a terminal that says how far the checks are; nothing anywhere else. */
export function progressLine(stream: NodeJS.WriteStream, total: number): Progress {
  let done = 0;
  const show = (text: string): void => void (stream.isTTY && stream.write(`\r\u001b[2K${text}`));
  const draw = (): void => show(`${done} of ${total} ${total === 1 ? 'check' : 'checks'}`);
  draw();
  return {
    step: () => {
      done++;
      draw();
    },
    clear: () => show(''),
  };
}
