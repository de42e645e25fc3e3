import type { RunProblem, Unheld } from './guardSweep.js';

/** What one run shows of itself. */
export interface RunSeen {
  readonly running: boolean;
  /** Temporal's word, or `NOT_FOUND`. */
  readonly status: string;
  /** At the workflow task that is pending now, failed ones included; 0 without one. */
  readonly attempts: number;
  /** The search attribute; `DIVERGED` when the run noticed by itself that the register tells another story. */
  readonly stage?: string;
}

export interface RowSeen {
  readonly workflowId: string;
  readonly job: string;
  readonly incident: string;
  readonly stage: string;
}

export interface Runs {
  /** Open rows of the register. */
  readonly rows: readonly RowSeen[];
  readonly runs: ReadonlyMap<string, RunSeen>;
  /** Workflow ids that run, whatever the register says. */
  readonly running: readonly string[];
}

export interface Seen extends Runs {
  readonly drifts: readonly { readonly suspension: string; readonly target: string; readonly readBack: string }[];
  readonly unheld: readonly Unheld[];
  readonly unread: readonly string[];
  /** Open holds whose row is closed or missing. */
  readonly holdsWithoutJob: readonly { readonly workflowId: string; readonly incident: string }[];
}

/**
 * A workflow task that failed so often in a row does not mend itself. A worker that is killed in the middle of one costs an
 * attempt; pauses grow between them, so this is a minute or two of failing.
 */
const STUCK_AFTER = 5;

const isStuck = ({ running, attempts }: RunSeen): boolean => running && attempts >= STUCK_AFTER;

const NOT_FOUND: RunSeen = { running: false, status: 'NOT_FOUND', attempts: 0 };

function problemOf(run: RunSeen, { stage }: RowSeen): RunProblem['problem'] | undefined {
  if (!run.running) return 'NO_RUN';
  if (isStuck(run)) return 'STUCK';
  // A run that has shown no stage yet has only just begun.
  return run.stage === undefined || run.stage === stage ? undefined : 'STAGE_DIFFERS';
}

/** Runs that keep failing, and of which the register has no open row: they failed before they wrote one, or after the last. */
function stuckWithoutRow({ rows, runs, running }: Runs): string[] {
  const known = new Set(rows.map(({ workflowId }) => workflowId));
  return running.filter((workflowId) => !known.has(workflowId) && isStuck(runs.get(workflowId) ?? NOT_FOUND));
}

const incidentIn = (workflowId: string) => workflowId.split('/')[1] ?? '-';

/** What a sweep tells of rows and runs. A run without a row that goes on has only just begun. */
export function runProblems(seen: Runs): RunProblem[] {
  return [
    ...seen.rows.flatMap((row): RunProblem[] => {
      const { workflowId, incident } = row;
      const problem = problemOf(seen.runs.get(workflowId) ?? NOT_FOUND, row);
      return problem ? [{ workflowId, incident, problem }] : [];
    }),
    ...stuckWithoutRow(seen).map((workflowId): RunProblem => ({
      workflowId,
      incident: incidentIn(workflowId),
      problem: 'STUCK',
    })),
  ];
}

/**
 * One difference between register, runs and the channel system.
 * `no-run`: started again from the register. `stuck`: ended, and started again from the register. `diverged`: told to go on
 * from the register. `stage-differs`: a person says so first. `drift`: told to the suspension. `hold-without-job`,
 * `run-without-row`, `stuck-without-row`, `unheld`: a person looks.
 */
export type Difference =
  | {
      readonly kind: 'no-run';
      readonly workflowId: string;
      readonly job: string;
      readonly incident: string;
      readonly status: string;
    }
  | {
      readonly kind: 'stuck';
      readonly workflowId: string;
      readonly job: string;
      readonly incident: string;
      readonly attempts: number;
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
  | { readonly kind: 'run-without-row' | 'stuck-without-row'; readonly workflowId: string }
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
    const run = seen.runs.get(workflowId) ?? NOT_FOUND;
    switch (problemOf(run, row)) {
      case undefined:
        return [];
      case 'NO_RUN':
        return [{ kind: 'no-run', workflowId, job, incident, status: run.status }];
      case 'STUCK':
        return [{ kind: 'stuck', workflowId, job, incident, attempts: run.attempts }];
      case 'STAGE_DIFFERS':
        return run.stage === 'DIVERGED'
          ? [{ kind: 'diverged', workflowId, job, incident }]
          : [{ kind: 'stage-differs', workflowId, job, incident, register: stage, run: run.stage! }];
    }
  });
  const stuck = new Set(stuckWithoutRow(seen));
  const known = new Set(seen.rows.map(({ workflowId }) => workflowId));
  return {
    rows: seen.rows.length,
    unread: seen.unread,
    differences: [
      ...ofRows,
      ...seen.running
        .filter((workflowId) => !known.has(workflowId))
        .map((workflowId): Difference => ({
          kind: stuck.has(workflowId) ? 'stuck-without-row' : 'run-without-row',
          workflowId,
        })),
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
