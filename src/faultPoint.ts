import { closeSync, openSync } from 'node:fs';

const passed = new Map<string, number>();

/**
 * For tests of faults only: a named step at which the process may end as if its power had been cut.
 *
 * Does nothing unless `HIKESHI_KILL_AT` is this name (`name#3`: its third time in this process). With
 * `HIKESHI_KILL_ONCE=<file>` it kills only while that file does not exist, and makes it: the restarted process goes on.
 */
export function faultPoint(name: string): void {
  const wanted = process.env['HIKESHI_KILL_AT'];
  if (!wanted) return;
  const [wantedName, wantedTime = '1'] = wanted.split('#');
  if (wantedName !== name) return;
  const time = (passed.get(name) ?? 0) + 1;
  passed.set(name, time);
  if (wanted.includes('#') && time !== Number(wantedTime)) return;
  const once = process.env['HIKESHI_KILL_ONCE'];
  if (once && !createdMarker(once)) return;
  process.kill(process.pid, 'SIGKILL');
}

function createdMarker(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
