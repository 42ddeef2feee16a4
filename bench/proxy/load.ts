import { exec } from '../../packages/gonogo/src/system/exec.ts';

export type Load = { readonly port: number; readonly path: string; readonly seconds: number };

/** Kept connections that ask at the same time. */
const connections = 32;

/** wrk for some seconds on the application's core; answers how many requests were answered, and fails on any other than well. */
export async function load({ port, path, seconds }: Load): Promise<number> {
  const url = `http://127.0.0.1:${port}${path}`;
  const argv = ['taskset', '-c', '1', 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, url];
  const { code, stdout, stderr } = await exec(argv, { cwd: '/', env: { PATH: process.env.PATH ?? '' } });
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  if (code !== 0 || !(requests > 0) || /Socket errors|Non-2xx/.test(stdout))
    throw new Error(`${argv.join(' ')}:\n${stdout}${stderr}`);
  return requests;
}
