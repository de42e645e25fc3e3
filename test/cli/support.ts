import { spawn } from 'node:child_process';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';

const MAIN = path.join(PROJECT_ROOT, 'dist', 'cli', 'main.js');

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

/** Runs the compiled command line as an operator does; `input` goes to its standard input. */
export async function hikeshi(env: NodeJS.ProcessEnv, args: readonly string[], input = ''): Promise<Ran> {
  const started = Date.now();
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err, ms: Date.now() - started };
}

/** The same with `--json`, parsed. */
export async function hikeshiJson<T>(
  env: NodeJS.ProcessEnv,
  args: readonly string[],
): Promise<{ code: number | null; data: T }> {
  const { code, out, err } = await hikeshi(env, [...args, '--json']);
  try {
    return { code, data: JSON.parse(out) as T };
  } catch {
    throw new Error(`no JSON but: ${out}${err}`);
  }
}

/** An environment in which nothing of the machine's own deployment is found. */
export function bareEnvironment(stateDir: string, more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(HIKESHI_|TEMPORAL_|DATABASE_URL|LANG)/.test(name)),
  );
  return { ...ours, HIKESHI_STATE_DIR: stateDir, HIKESHI_LANG: 'en', NO_COLOR: '1', ...more };
}
