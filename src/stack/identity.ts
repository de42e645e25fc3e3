import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  /** When it was started, as the system tells it: opaque, compared as text. */
  readonly started: string;
}

/** The process with this number, or undefined when there is none or it has ended and only waits to be collected. */
export function identify(pid: number): ProcessId | undefined {
  try {
    if (process.platform === 'linux') {
      // The second field, the name in brackets, may itself hold blanks and brackets.
      const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      const started = fields[19];
      return fields[0] === 'Z' || started === undefined ? undefined : { pid, started };
    }
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return started ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

export function isSame(known: ProcessId): boolean {
  return identify(known.pid)?.started === known.started;
}

export const self: ProcessId = identify(process.pid) ?? { pid: process.pid, started: 'unknown' };

/** True when the process ended within `ms`. */
export async function ended(known: ProcessId, ms: number): Promise<boolean> {
  for (const until = Date.now() + ms; isSame(known); await sleep(20)) if (Date.now() > until) return false;
  return true;
}

/** Sends each signal in turn to this very process, never to a later one with its number, until it is gone. */
export async function endProcess(
  known: ProcessId,
  steps: readonly (readonly [NodeJS.Signals, number])[],
): Promise<void> {
  for (const [signal, ms] of steps) {
    if (!isSame(known)) return;
    try {
      process.kill(known.pid, signal);
    } catch {
      return;
    }
    if (await ended(known, ms)) return;
  }
}

/** How a process that the stack looks after came to its end. */
export interface Exit {
  /** True when `stop()` was asked for. */
  readonly expected: boolean;
  readonly code?: number | null;
  readonly signal?: NodeJS.Signals | null;
}

/** Resolves when a process that is not our child is gone; looks every half second, and keeps no process alive for it. */
export function watchExit(known: ProcessId): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (isSame(known)) return;
      clearInterval(timer);
      resolve();
    }, 500);
    timer.unref();
  });
}
