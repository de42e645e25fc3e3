import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';

const WARM = path.join(PROJECT_ROOT, 'test', 'cli', 'warmCli.mjs');
const MAIN = path.join(PROJECT_ROOT, 'dist', 'cli', 'main.js');

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

/** Commands that start processes and wait for signals. */
const OWN_PROCESS = new Set(['start', 'worker', 'drill', 'backup', 'restore']);

/** Runs the compiled command line as an operator does, in a process of its own; `input` goes to its standard input. */
export async function hikeshiProcess(env: NodeJS.ProcessEnv, args: readonly string[], input = ''): Promise<Ran> {
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

let warm: Promise<ChildProcess> | undefined;
let answered: { resolve(said: Pick<Ran, 'code' | 'out' | 'err'>): void; reject(error: Error): void } | undefined;
afterAll(async () => (await warm)?.kill('SIGKILL'));

/**
 * The same in a process that stays, so that a test file loads the command line once, not for each of its hundred commands.
 * A second command meanwhile, as in a race, has a process of its own.
 */
async function warmHikeshi(env: NodeJS.ProcessEnv, args: readonly string[]): Promise<Ran> {
  if (answered) return hikeshiProcess(env, args);
  const started = Date.now();
  try {
    const said = await new Promise<Pick<Ran, 'code' | 'out' | 'err'>>((resolve, reject) => {
      answered = { resolve, reject };
      warm ??= warmed();
      warm.then((child) => child.send({ env, args }), reject);
    });
    return { ...said, ms: Date.now() - started };
  } finally {
    answered = undefined;
  }
}

async function warmed(): Promise<ChildProcess> {
  const child = fork(WARM, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.once('exit', () => answered?.reject(new Error('the process of the command line ended')));
  await once(child, 'message');
  child.on('message', (said) => answered?.resolve(said as Pick<Ran, 'code' | 'out' | 'err'>));
  return child;
}

/** Runs a command of the compiled command line and keeps what it says; with `input` on its standard input. */
export function hikeshi(env: NodeJS.ProcessEnv, args: readonly string[], input?: string): Promise<Ran> {
  // A process may be killed at a fault point, and reads its standard input once.
  const own = Boolean(input) || env['HIKESHI_KILL_AT'] !== undefined || OWN_PROCESS.has(args[0] ?? '');
  return own ? hikeshiProcess(env, args, input) : warmHikeshi(env, args);
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
