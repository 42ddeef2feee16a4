import { createInterface } from 'node:readline/promises';

export type Choice = 'detach' | 'abort' | 'go on';

/** True where somebody sits who can be asked. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true;

const question =
  'Interrupted; users stay served. [a]bort and put it back, [d]etach and let it go on, or Enter to keep watching? ';

/** Asks what an interrupt was meant to do; another Ctrl-C, or an end of input, detaches. */
export async function askWhatNow(): Promise<Choice> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const left = new Promise<Choice>((resolve) => {
    lines.once('SIGINT', () => resolve('detach'));
    lines.once('close', () => resolve('detach'));
  });
  try {
    return await Promise.race([lines.question(question).then(meantBy), left]);
  } finally {
    lines.close();
  }
}

function meantBy(answer: string): Choice {
  const letter = answer.trim().toLowerCase().charAt(0);
  if (letter === 'a') return 'abort';
  return letter === 'd' ? 'detach' : 'go on';
}
