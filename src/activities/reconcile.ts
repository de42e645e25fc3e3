import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Instant } from '../domain/instant.js';
import { compareRows, type Comparison, type RunSeen } from '../domain/reconcile.js';
import type { ActivityDeps } from './deps.js';
import { lookAround, openJobs, RUNS_AT_ONCE, WATCHED_JOBS } from './guardSweep.js';

const STAGE = defineSearchAttributeKey('Stage', SearchAttributeType.KEYWORD);

/** A run that just moved on shows its new stage a moment after the register: differences are looked at twice. */
const SECOND_LOOK_MS = 2_000;

/** Compares open rows, runs and read-backs. Writes, sends and starts nothing. */
export async function findDifferences(
  deps: ActivityDeps,
  client: Client,
  at: Instant,
  only?: string,
): Promise<Comparison> {
  const first = await compareOnce(deps, client, at);
  const unsure = first.differences.some(({ kind }) => kind === 'stage-differs' || kind === 'run-without-row');
  if (unsure) await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
  const found = unsure ? await compareOnce(deps, client, at) : first;
  if (only === undefined) return found;
  return { ...found, differences: found.differences.filter(({ workflowId }) => workflowId === only) };
}

async function compareOnce(deps: ActivityDeps, client: Client, at: Instant): Promise<Comparison> {
  const [rows, runs] = await Promise.all([openJobs(deps), runningWorkflows(client)]);
  const { client: _unused, ...withoutRuns } = deps;
  // The sweep's own comparison with runs is left to this one, which tells more.
  const swept = await lookAround(withoutRuns, { at });
  const seen: (readonly [string, RunSeen])[] = [];
  for (let from = 0; from < rows.length; from += RUNS_AT_ONCE)
    seen.push(
      ...(await Promise.all(
        rows
          .slice(from, from + RUNS_AT_ONCE)
          .map(async ({ workflow_id }) => [workflow_id, await lookAtRun(client, workflow_id)] as const),
      )),
    );
  return compareRows({
    rows: rows.map(({ workflow_id, job, incident, stage }) => ({ workflowId: workflow_id, job, incident, stage })),
    runs: new Map(seen),
    running: runs,
    drifts: swept.drifts,
    unheld: swept.unheld,
    unread: swept.unread,
    holdsWithoutJob: swept.orphans,
  });
}

async function lookAtRun(client: Client, workflowId: string): Promise<RunSeen> {
  try {
    const run = await client.workflow.getHandle(workflowId).describe();
    const stage = run.typedSearchAttributes.get(STAGE);
    return {
      running: run.status.name === 'RUNNING',
      status: run.status.name,
      ...(stage !== undefined && { stage }),
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError')
      return { running: false, status: 'NOT_FOUND' };
    throw error;
  }
}

async function runningWorkflows(client: Client): Promise<string[]> {
  const ids: string[] = [];
  const jobs = WATCHED_JOBS.map((job) => `'${job}'`).join(', ');
  const query = `ExecutionStatus = 'Running' AND WorkflowType IN (${jobs})`;
  for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
  return ids;
}
