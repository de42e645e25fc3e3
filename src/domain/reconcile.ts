import type { Unheld } from './guardSweep.js';

/** What one run shows of itself. */
export interface RunSeen {
  readonly running: boolean;
  /** Temporal's word, or `NOT_FOUND`. */
  readonly status: string;
  /** The search attribute; `DIVERGED` when the run noticed by itself that the register tells another story. */
  readonly stage?: string;
}

export interface RowSeen {
  readonly workflowId: string;
  readonly job: string;
  readonly incident: string;
  readonly stage: string;
}

export interface Seen {
  /** Open rows of the register. */
  readonly rows: readonly RowSeen[];
  readonly runs: ReadonlyMap<string, RunSeen>;
  /** Workflow ids that run, whatever the register says. */
  readonly running: readonly string[];
  readonly drifts: readonly { readonly suspension: string; readonly target: string; readonly readBack: string }[];
  readonly unheld: readonly Unheld[];
  readonly unread: readonly string[];
  /** Open holds whose row is closed or missing. */
  readonly holdsWithoutJob: readonly { readonly workflowId: string; readonly incident: string }[];
}

/**
 * One difference between register, runs and the channel system.
 * `no-run`: started again from the register. `diverged`: told to go on from the register. `stage-differs`: a person says
 * so first. `drift`: told to the suspension. `hold-without-job`, `run-without-row`, `unheld`: a person looks.
 */
export type Difference =
  | {
      readonly kind: 'no-run';
      readonly workflowId: string;
      readonly job: string;
      readonly incident: string;
      readonly status: string;
    }
  | { readonly kind: 'diverged'; readonly workflowId: string; readonly job: string; readonly incident: string }
  | {
      readonly kind: 'stage-differs';
      readonly workflowId: string;
      readonly job: string;
      readonly incident: string;
      readonly register: string;
      readonly run: string;
    }
  | { readonly kind: 'drift'; readonly workflowId: string; readonly target: string; readonly readBack: string }
  | { readonly kind: 'hold-without-job'; readonly workflowId: string; readonly incident: string }
  | { readonly kind: 'run-without-row'; readonly workflowId: string }
  /** `workflowId` is `function/<target>`: no workflow of ours stopped it. */
  | ({ readonly kind: 'unheld'; readonly workflowId: string } & Unheld);

export interface Comparison {
  readonly rows: number;
  readonly differences: readonly Difference[];
  /** Functions that could not be read back: nobody knows whether they obey. */
  readonly unread: readonly string[];
}

/** Holds what was seen together; decides nothing and does nothing. Mending comes in this order: runs first, then drift. */
export function compareRows(seen: Seen): Comparison {
  const ofRows = seen.rows.flatMap((row): Difference[] => {
    const { workflowId, job, incident, stage } = row;
    const run = seen.runs.get(workflowId) ?? { running: false, status: 'NOT_FOUND' };
    if (!run.running) return [{ kind: 'no-run', workflowId, job, incident, status: run.status }];
    if (run.stage === 'DIVERGED') return [{ kind: 'diverged', workflowId, job, incident }];
    // A run that has shown no stage yet has only just begun.
    if (run.stage === undefined || run.stage === stage) return [];
    return [{ kind: 'stage-differs', workflowId, job, incident, register: stage, run: run.stage }];
  });
  const known = new Set(seen.rows.map(({ workflowId }) => workflowId));
  return {
    rows: seen.rows.length,
    unread: seen.unread,
    differences: [
      ...ofRows,
      ...seen.running
        .filter((workflowId) => !known.has(workflowId))
        .map((workflowId): Difference => ({ kind: 'run-without-row', workflowId })),
      ...seen.holdsWithoutJob.map(({ workflowId, incident }): Difference => ({
        kind: 'hold-without-job',
        workflowId,
        incident,
      })),
      ...seen.drifts.map(({ suspension, target, readBack }): Difference => ({
        kind: 'drift',
        workflowId: suspension,
        target,
        readBack,
      })),
      ...seen.unheld.map((unheld): Difference => ({
        kind: 'unheld',
        workflowId: `function/${unheld.target}`,
        ...unheld,
      })),
    ],
  };
}
