import type { Instant } from '../domain/instant.js';

/** Header that carries the drill's instant; a run that was started without it keeps Temporal's clock. */
export const DRILL_HEADER = 'hikeshi-drill-instant';

/** Update by which the runner moves the clock of one workflow. */
export const TICK = 'drillTick';

export interface Tick {
  readonly at: Instant;
}

export interface TickReport {
  /** The next instant at which this workflow has something to do by itself; absent: it waits for others only. */
  readonly nextWake?: Instant;
  /** Workflows that this one started or signalled since its last tick; they are due at the same instant. */
  readonly touched: readonly string[];
  /** `closed`: this run ends with this tick. `continued`: it goes on as a new run, which is due at the same instant. */
  readonly end?: 'closed' | 'continued';
}
