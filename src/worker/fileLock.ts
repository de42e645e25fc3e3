import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { Refusal } from '../domain/refusal.js';

/** A lock is held for a few milliseconds; one this old belongs to nobody, whatever its process id says. */
const STALE_AFTER_MS = 10_000;
const GIVE_UP_AFTER_MS = 20_000;
const POLL_MS = 10;

/**
 * Runs `work` while no other process on this machine holds the lock file. A lock whose owner died is taken over.
 * @throws Refusal when the lock cannot be had within 20 seconds.
 */
export function withFileLock<T>(lockFile: string, work: () => T): T {
  const token = `${process.pid} ${hostname()} ${randomBytes(8).toString('hex')}`;
  const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
  while (!createExclusively(lockFile, token)) {
    if (Date.now() > giveUpAt) {
      throw new Refusal({
        en: `The lock ${lockFile} is held by another process. Stop that process, or delete the file, and try again.`,
        ja: `ロック ${lockFile} を別のプロセスが使用しています。そのプロセスを止めるか、このファイルを削除してから、もう一度実行してください。`,
      });
    }
    if (!removeWhenAbandoned(lockFile)) sleepSync(POLL_MS);
  }
  try {
    return work();
  } finally {
    if (readOrNothing(lockFile) === token) rmSync(lockFile, { force: true });
  }
}

/** Replaces a file as a whole: after a crash at any moment the old or the new content is there, complete. */
export function replaceFile(file: string, content: string, mode: number): void {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const fd = openSync(temporary, 'wx', mode);
    try {
      writeSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(path.dirname(file));
}

function createExclusively(file: string, content: string): boolean {
  let fd: number;
  try {
    fd = openSync(file, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(fd, content);
  } finally {
    closeSync(fd);
  }
  return true;
}

/**
 * Removes the lock of a dead owner. Several waiters may see it at once; the claim file, named after the dead owner's
 * token, lets exactly one of them remove it, so that nobody removes the lock of the next owner.
 */
function removeWhenAbandoned(lockFile: string): boolean {
  const token = readOrNothing(lockFile);
  if (token === undefined || !isAbandoned(lockFile, token)) return false;
  const claim = `${lockFile}.${token.split(' ')[2] ?? 'unreadable'}.claim`;
  if (!createExclusively(claim, '')) return false;
  try {
    if (readOrNothing(lockFile) !== token) return false;
    rmSync(lockFile, { force: true });
    return true;
  } finally {
    rmSync(claim, { force: true });
  }
}

function isAbandoned(lockFile: string, token: string): boolean {
  const [pid, host] = token.split(' ');
  if (host === hostname() && pid && !isAlive(Number(pid))) return true;
  try {
    return Date.now() - statSync(lockFile).mtimeMs > STALE_AFTER_MS;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
