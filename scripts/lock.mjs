import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** When the process was started, as text that differs for a later process with the same number; undefined when it is gone. */
export function startOf(pid) {
  try {
    if (process.platform === 'linux') {
      const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function holderLives(text) {
  try {
    const { pid, started } = JSON.parse(text);
    return startOf(pid) === started;
  } catch {
    return false; // the file is linked into place whole, so what does not parse was not written by a set-up
  }
}

/**
 * Runs `work` while this process alone holds the lock file. A lock whose process is gone (kill -9, power cut) is taken over.
 * @param {() => void} [onWait] called once when somebody else holds it
 */
export async function withLock(file, work, onWait) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, started: startOf(process.pid) });
  const draft = `${file}.${process.pid}`;
  for (let waited = false; ;) {
    fs.writeFileSync(draft, mine);
    try {
      fs.linkSync(draft, file);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    } finally {
      fs.rmSync(draft, { force: true });
    }
    const held = read(file);
    if (held !== undefined && !holderLives(held)) {
      removeStale(file, held);
      continue;
    }
    if (!waited) onWait?.();
    waited = true;
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    if (read(file) === mine) fs.rmSync(file, { force: true });
  }
}

/** Two processes may find the same stale lock: the one that comes second must not remove the lock that the first has taken since. */
function removeStale(file, held) {
  const aside = `${file}.stale-${process.pid}`;
  try {
    fs.renameSync(file, aside);
    if (read(aside) !== held) fs.linkSync(aside, file);
  } catch {
    // somebody else was quicker; the next round sees what is there
  }
  fs.rmSync(aside, { force: true });
}
