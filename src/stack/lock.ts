import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSame, self, type ProcessId } from './identity.js';
import { StackProblem } from './problem.js';

interface Holder extends ProcessId {
  /** Instant at which the lock was taken. */
  readonly at: string;
  /** Where the holder is found, for the sentence that refuses a second one. */
  readonly where?: string;
}

/** A lock file that is held. */
export interface Lock {
  /** Adds to the lock file where the holder is found, e.g. the address of its Web UI. */
  tell(where: string): void;
  release(): void;
}

function read(file: string): { text: string; holder: Holder | undefined } | undefined {
  try {
    const text = fs.readFileSync(file, 'utf8');
    try {
      return { text, holder: JSON.parse(text) as Holder };
    } catch {
      return { text, holder: undefined };
    }
  } catch {
    return undefined;
  }
}

/** Two processes may find the same stale lock: the second must not remove the lock that the first has taken since. */
function removeStale(file: string, text: string): void {
  const aside = `${file}.stale-${process.pid}`;
  try {
    fs.renameSync(file, aside);
    if (fs.readFileSync(aside, 'utf8') !== text) fs.linkSync(aside, file);
  } catch {
    // somebody else was quicker; the next look sees what is there
  }
  fs.rmSync(aside, { force: true });
}

/** Takes the lock or tells who holds it. The lock of a process that is gone (kill -9, power cut) is taken over. */
function tryLock(file: string): Lock | Holder {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  const write = (holder: Holder) => fs.writeFileSync(draft, JSON.stringify(holder));
  const mine: Holder = { ...self, at: new Date().toISOString() };
  for (;;) {
    write(mine);
    try {
      // A link appears whole or not at all, so nobody ever reads half a lock.
      fs.linkSync(draft, file);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      fs.rmSync(draft, { force: true });
    }
    const found = read(file);
    if (!found) continue;
    if (found.holder && isSame(found.holder)) return found.holder;
    removeStale(file, found.text);
  }
  const isMine = () => {
    const holder = read(file)?.holder;
    return holder?.pid === self.pid && holder.started === self.started && holder.at === mine.at;
  };
  return {
    tell: (where) => {
      if (!isMine()) return;
      write({ ...mine, where });
      fs.renameSync(draft, file);
    },
    release: () => {
      if (isMine()) fs.rmSync(file, { force: true });
    },
  };
}

function isHolder(found: Lock | Holder): found is Holder {
  return 'pid' in found;
}

/**
 * Takes the lock of one running stack a state folder.
 *
 * @throws {StackProblem} when a living process holds it; the sentence says which, since when and where it is found
 */
export function lockStack(stateDir: string): Lock {
  const found = tryLock(path.join(stateDir, 'start.lock'));
  if (!isHolder(found)) return found;
  const where = found.where ?? '';
  throw new StackProblem({
    en: `Hikeshi already runs with ${stateDir} (process ${found.pid}, since ${found.at}${where && `, ${where}`}); use that one, stop it with Ctrl-C, or set HIKESHI_STATE_DIR to another folder.`,
    ja: `Hikeshi はすでに ${stateDir} で動いています（プロセス ${found.pid}、${found.at} から${where && `、${where}`}）。それを使うか、Ctrl-C で止めるか、HIKESHI_STATE_DIR で別のフォルダーを指定してください。`,
  });
}

/**
 * Runs `work` while nobody else in this or another process holds the lock file; waits for a living holder.
 *
 * @throws {StackProblem} when the holder keeps it longer than `timeoutMs`
 */
export async function withLock<T>(file: string, work: () => Promise<T>, timeoutMs = 120_000): Promise<T> {
  for (const until = Date.now() + timeoutMs; ; await sleep(50)) {
    const found = tryLock(file);
    if (!isHolder(found)) {
      try {
        return await work();
      } finally {
        found.release();
      }
    }
    if (Date.now() > until) {
      throw new StackProblem({
        en: `Process ${found.pid} has held ${file} since ${found.at}; end that process and try again.`,
        ja: `プロセス ${found.pid} が ${found.at} から ${file} を使い続けています。そのプロセスを終了してから、もう一度試してください。`,
      });
    }
  }
}
