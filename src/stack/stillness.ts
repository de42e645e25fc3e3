import fs from 'node:fs';
import path from 'node:path';
import { identify, isSame, type ProcessId } from './identity.js';
import { lockStack, withLock } from './lock.js';
import * as files from './postgresFiles.js';
import { StackProblem } from './problem.js';
import { finishReplacing } from './replace.js';

/** Where the databases of the embedded stack lie. */
export const dataFolder = (stateDir: string) => path.join(stateDir, 'postgres', 'data');
export const TEMPORAL_FILES = ['temporal.db', 'temporal.db-wal', 'temporal.db-shm'] as const;

/**
 * The databases are files of ours only when both servers are ours.
 *
 * @throws {StackProblem} naming the way in which the servers of somebody else are backed up
 */
export function requireEmbedded(env: NodeJS.ProcessEnv): void {
  const given = ['DATABASE_URL', 'TEMPORAL_ADDRESS'].filter((name) => env[name]);
  if (given.length === 0) return;
  const names = given.join(', ');
  throw new StackProblem({
    en: `${names} names a server that Hikeshi does not run, so its files are not Hikeshi's to copy: back up the register with pg_dump (restore with pg_restore), Temporal's database with the tools of its own database, and the key ring as a file. Unset ${names} to back up the built-in servers.`,
    ja: `${names} で指定されたサーバーは Hikeshi が動かしているものではないので、ファイルをコピーできません。台帳は pg_dump（復元は pg_restore）、Temporal のデータベースはそのデータベースのツールで、鍵束はファイルとしてバックアップしてください。内蔵サーバーをバックアップする場合は ${names} を外してください。`,
  });
}

/**
 * Runs `work` while no stack runs on the state folder and none can start.
 *
 * @throws {StackProblem} when one runs, saying which process and how to stop it
 */
export async function whileStopped<T>(stateDir: string, work: () => Promise<T>): Promise<T> {
  let lock: ReturnType<typeof lockStack>;
  try {
    lock = lockStack(stateDir);
  } catch (cause) {
    throw cause instanceof StackProblem ? stackRuns(stateDir, cause) : cause;
  }
  try {
    lock.tell('hikeshi backup / hikeshi restore');
    await finishReplacing(stateDir);
    requireServersStopped(stateDir);
    return await work();
  } finally {
    lock.release();
  }
}

/** Runs `work` while neither server can be started on the files, by whomever: drills and tests share them. */
export function whileServersRest<T>(stateDir: string, work: () => Promise<T>): Promise<T> {
  return withLock(path.join(stateDir, 'postgres.lock'), () =>
    withLock(path.join(stateDir, 'temporal.lock'), async () => {
      requireServersStopped(stateDir);
      return work();
    }),
  );
}

/** A killed stack leaves its servers running. */
function requireServersStopped(stateDir: string): void {
  const data = fs.existsSync(dataFolder(stateDir)) ? fs.realpathSync(dataFolder(stateDir)) : undefined;
  const postgres = data && identify(files.readPidFile(data)?.pid ?? NaN);
  if (postgres && files.isServerOf(postgres.pid, data)) throw serverRuns('PostgreSQL', postgres.pid);
  const temporal = temporalRecord(stateDir);
  if (temporal && isSame(temporal)) throw serverRuns('Temporal', temporal.pid);
}

function stackRuns(stateDir: string, cause: StackProblem): StackProblem {
  let pid = 0;
  try {
    pid = (JSON.parse(fs.readFileSync(path.join(stateDir, 'start.lock'), 'utf8')) as ProcessId).pid;
  } catch {
    // It has just ended: whoever reads the sentence finds out.
  }
  return new StackProblem(
    {
      en: `Hikeshi runs with ${stateDir} (process ${pid}), and its databases cannot be copied or replaced while they are written to; press Ctrl-C where it runs, and run this again.`,
      ja: `Hikeshi が ${stateDir} で動いています（プロセス ${pid}）。書き込み中のデータベースはコピーも置き換えもできません。動いている端末で Ctrl-C を押してから、もう一度実行してください。`,
    },
    { cause },
  );
}

function temporalRecord(stateDir: string): ProcessId | undefined {
  try {
    return JSON.parse(fs.readFileSync(path.join(stateDir, 'temporal.json'), 'utf8')) as ProcessId;
  } catch {
    return undefined;
  }
}

function serverRuns(name: string, pid: number): StackProblem {
  return new StackProblem({
    en: `${name} (process ${pid}) still runs on the files: a drill uses it, or a killed stack left it. Wait for the drill, or start the stack and stop it with Ctrl-C, and run this again.`,
    ja: `${name}（プロセス ${pid}）がまだファイルを使っています。訓練が使用中か、強制終了したスタックが残したものです。訓練の終了を待つか、スタックを起動して Ctrl-C で停止してから、もう一度実行してください。`,
  });
}
