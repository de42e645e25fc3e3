import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { RowSeen, RunSeen, Runs } from '../domain/reconcile.js';
import type { ActivityDeps } from './deps.js';

const STAGE = defineSearchAttributeKey('Stage', SearchAttributeType.KEYWORD);

/** Runs asked about at the same time: a round has a thousand of them. */
const AT_ONCE = 25;

/** Jobs that run for weeks and wait for people: an open row of theirs has a run. */
const WATCHED_JOBS = [
  'suspension',
  'containment',
  'inspectionRound',
  'providerInspection',
  'evaluation',
  'improvement',
  'gapReview',
] as const;

/**
 * The open rows of the register, and every run of ours, with a row or without.
 * @param only of these workflows; absent = all
 */
export async function lookAtRuns(
  deps: Pick<ActivityDeps, 'store'>,
  client: Client,
  only?: ReadonlySet<string>,
): Promise<Runs> {
  const wanted = (workflowId: string) => !only || only.has(workflowId);
  const [jobs, ids] = await Promise.all([openJobs(deps), runningWorkflows(client)]);
  const rows = jobs.filter(({ workflowId }) => wanted(workflowId));
  const running = ids.filter(wanted);
  const known = [...new Set([...rows.map(({ workflowId }) => workflowId), ...running])];
  const runs = new Map<string, RunSeen>();
  for (let from = 0; from < known.length; from += AT_ONCE)
    await Promise.all(
      known.slice(from, from + AT_ONCE).map(async (workflowId) => {
        runs.set(workflowId, await lookAtRun(client, workflowId));
      }),
    );
  return { rows, runs, running };
}

function openJobs({ store }: Pick<ActivityDeps, 'store'>): Promise<RowSeen[]> {
  return store.db
    .selectFrom('job')
    .select(['workflow_id as workflowId', 'job', 'incident', 'stage'])
    .where('closed', '=', false)
    .where('job', 'in', [...WATCHED_JOBS])
    .orderBy('workflow_id')
    .execute();
}

async function lookAtRun(client: Client, workflowId: string): Promise<RunSeen> {
  try {
    const run = await client.workflow.getHandle(workflowId).describe();
    const stage = run.typedSearchAttributes.get(STAGE);
    return {
      running: run.status.name === 'RUNNING',
      status: run.status.name,
      attempts: run.raw.pendingWorkflowTask?.attempt ?? 0,
      ...(stage !== undefined && { stage }),
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError')
      return { running: false, status: 'NOT_FOUND', attempts: 0 };
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
