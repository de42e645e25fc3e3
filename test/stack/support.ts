import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';
import { StackProblem } from '../../src/stack/problem.js';
import { temporalCli } from '../../src/stack/temporalCli.js';

const folders: string[] = [];
const children: ChildProcess[] = [];

/** A state folder that another system user may enter, as the one of an installation. */
export function stateFolder(): string {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'hikeshi-stack-'));
  fs.chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

/** Ends what a failed test left running, and removes its folders. */
export async function cleanUp(): Promise<void> {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Runs ES module code in a Node process of its own; what it prints is collected. */
export function runNode(code: string, env: NodeJS.ProcessEnv = {}): ChildProcess & { text: () => string } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return Object.assign(child, { text: () => text });
}

/** The compiled module of the stack, for code that runs in another process. */
export function compiled(name: string): string {
  return JSON.stringify(path.join(PROJECT_ROOT, 'dist', 'stack', `${name}.js`));
}

export async function until(condition: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  for (const end = Date.now() + ms; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (Date.now() > end) throw new Error('the awaited condition did not come true');
  }
}

export async function killHard(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** The problem that the work ends with; its sentence is complete in both languages. */
export async function problemOf(work: () => Promise<unknown>): Promise<{ en: string; ja: string }> {
  const error: unknown = await work().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StackProblem)) throw error instanceof Error ? error : new Error('no problem was reported');
  expect(error.sentence.ja).toMatch(/[ぁ-ん].*。$/);
  expect(error.sentence.en).toMatch(/\.$/);
  return error.sentence;
}

/** The CLI that the set-up found, cached in the project's own state folder. */
export function projectCli(): Promise<string> {
  return temporalCli(path.join(PROJECT_ROOT, '.hikeshi'), () => undefined);
}

export function silent(): void {
  // progress is of no interest here
}
