import { CancellationScope, condition, workflowInfo } from '@temporalio/workflow';
import { instant, millis, type Instant } from '../../domain/instant.js';

/**
 * The only source of time for workflows. Live it is Temporal's clock and timers; another clock can be installed from
 * outside (interceptors), and no workflow can tell the difference.
 */
export interface Clock {
  now(): Instant;
  /** Resolves once `until` holds or `at` is reached, whichever comes first. `at` undefined: no time limit. */
  wait(at: Instant | undefined, until: () => boolean, summary?: string): Promise<void>;
}

const temporalClock: Clock = {
  now: () => instant(Date.now()),
  async wait(at, until, summary) {
    if (at === undefined) return condition(until);
    const milliseconds = millis(at) - Date.now();
    // A zero or negative time-out means "none" to some SDK versions; a time that is past needs no timer.
    if (milliseconds > 0) await condition(until, milliseconds, summary ? { summary } : {});
  },
};

let clock: Clock = temporalClock;

/** Replaces the clock of this workflow run. For interceptors only, before the workflow's first step. */
export function installClock(other: Clock): void {
  clock = other;
}

export function now(): Instant {
  return clock.now();
}

/** Temporal asks for a fresh run: too many events or updates. Every wait ends then, and the procedure continues as new. */
export function freshRunWanted(): boolean {
  return workflowInfo().continueAsNewSuggested;
}

/**
 * Waits until `at` (undefined: for ever), until `until` holds, or until a fresh run is wanted. The caller looks at its
 * state to learn which; a wait that ended is no promise about why.
 * @param summary what is waited for, shown beside the timer in the Web UI; nobody's data
 */
export async function waitUntil(at: Instant | undefined, until: () => boolean, summary?: string): Promise<void> {
  const over = () => until() || freshRunWanted();
  if (over() || (at !== undefined && at <= now())) return;
  await clock.wait(at, over, summary);
}

/**
 * Waits until `until` holds, also where a fresh run is wanted: for what must be over before this run may end. Nothing else is
 * waited for like that.
 */
export async function waitThrough(until: () => boolean): Promise<void> {
  if (!until()) await clock.wait(undefined, until);
}

/**
 * Runs a procedure that a cancel request does not interrupt: `cancelled` is called instead, and decides what an orderly
 * end is. A suspension, for one, proposes its lift and stays in force.
 */
export async function uninterrupted<T>(procedure: () => Promise<T>, cancelled: () => void): Promise<T> {
  CancellationScope.current().cancelRequested.catch(cancelled);
  return CancellationScope.nonCancellable(procedure);
}

/** For what is done on a message: a cancel request must not break off the answers that people get after it. */
export function shielded<T>(work: () => Promise<T>): Promise<T> {
  return CancellationScope.nonCancellable(work);
}
