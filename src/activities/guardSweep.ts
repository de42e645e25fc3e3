import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { ReadResult } from '../connectors/serviceControl/index.js';
import { wantedState, type ChannelState } from '../domain/holds.js';
import type { Instant } from '../domain/instant.js';
import type { Role } from '../domain/roster.js';
import { currentDocuments, type AllDocuments } from '../store/documents.js';
import { watchedTargets } from '../store/watched.js';
import type { ActivityDeps } from './deps.js';
import { reach } from './reach.js';

export interface Drift {
  readonly suspension: string;
  readonly target: string;
  readonly readBack: ChannelState;
}

export interface Orphan {
  readonly workflowId: string;
  readonly incident: string;
  readonly problem: 'NO_RUN' | 'STAGE_DIFFERS';
}

export interface OverdueDuty {
  readonly id: string;
  readonly incident: string;
  readonly workflowId: string;
  readonly duty: string;
  readonly owner: Role;
  readonly due: Instant;
}

export interface SweepResult {
  readonly read: number;
  /** Functions that could not be read: nobody knows whether they still obey. */
  readonly unread: readonly string[];
  readonly drifts: readonly Drift[];
  readonly orphans: readonly Orphan[];
  readonly overdue: readonly OverdueDuty[];
  /** Workflows with people to be called still, because the mail relay did not take the call. */
  readonly uncalled: readonly string[];
}

const STAGE = defineSearchAttributeKey('Stage', SearchAttributeType.KEYWORD);

/** Reads at the same time; a bank's channel system is not to be flooded by its guard. */
const PARALLEL = 10;

/** Reads back every function that is held or watched, and finds what nobody looks after. */
export async function sweep(deps: ActivityDeps, { at }: { at: Instant }): Promise<SweepResult> {
  const { db } = deps.store;
  const documents = await currentDocuments(db);
  const holds = await db
    .selectFrom('hold as h')
    .leftJoin('job as j', 'j.workflow_id', 'h.workflow_id')
    .select(['h.workflow_id as suspension', 'h.target', 'h.measure', 'j.closed', 'j.stage', 'j.incident'])
    .where('h.released_at', 'is', null)
    .orderBy('h.target')
    .orderBy('h.workflow_id')
    .execute();
  const watchers = await watchedTargets(db);

  const targets = [...new Set([...holds, ...watchers].map(({ target }) => target))].sort();
  const drifts: Drift[] = [];
  const unread: string[] = [];
  for (let start = 0; start < targets.length; start += PARALLEL) {
    const results = await Promise.all(
      targets
        .slice(start, start + PARALLEL)
        .map(async (target) => ({ target, back: await readBack(deps, documents, target) })),
    );
    for (const { target, back } of results) {
      if (back === 'being-settled' || back.kind === 'by-hand') continue;
      if (back.kind !== 'state') {
        unread.push(target);
        continue;
      }
      const wanted = wantedState(holds.filter((hold) => hold.target === target)).state;
      if (back.state === wanted) continue;
      const keepers = [...holds, ...watchers]
        .filter((keeper) => keeper.target === target)
        .map(({ suspension }) => suspension);
      for (const suspension of [...new Set(keepers)]) drifts.push({ suspension, target, readBack: back.state });
    }
  }
  return {
    read: targets.length - unread.length,
    unread,
    drifts,
    orphans: await orphans(deps, holds),
    overdue: await overdueDuties(deps, at),
    uncalled: await uncalled(deps),
  };
}

async function readBack(
  deps: ActivityDeps,
  documents: AllDocuments,
  target: string,
): Promise<ReadResult | 'being-settled'> {
  const last = await deps.store.db
    .selectFrom('function_order')
    .select('status')
    .where('target', '=', target)
    .orderBy('n', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!last || last.status === 'written' || last.status === 'unknown') return 'being-settled';
  const { control, known } = reach(deps, documents, target);
  return control.read(known);
}

async function overdueDuties(deps: ActivityDeps, at: Instant): Promise<OverdueDuty[]> {
  const rows = await deps.store.db
    .selectFrom('duty')
    .selectAll()
    .where('closed_at', 'is', null)
    .where('alarmed_at', 'is', null)
    .where('due', '<=', at)
    .orderBy('due')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    incident: row.incident,
    workflowId: row.workflow_id,
    duty: row.duty,
    owner: row.owner as Role,
    due: row.due,
  }));
}

async function uncalled(deps: ActivityDeps): Promise<string[]> {
  const rows = await deps.store.db
    .selectFrom('task')
    .select('workflow_id')
    .distinct()
    .where('call', '=', true)
    .where('called_at', 'is', null)
    .where('closed_at', 'is', null)
    .orderBy('workflow_id')
    .execute();
  return rows.map(({ workflow_id }) => workflow_id);
}

/** Open rows without a running workflow, and rows whose stage is not the one of the run (a reset). */
async function orphans(
  deps: ActivityDeps,
  holds: readonly { suspension: string; closed: boolean | null; incident: string | null }[],
): Promise<Orphan[]> {
  const closed = holds
    .filter((hold) => hold.closed !== false)
    .map(({ suspension, incident }): Orphan => ({
      workflowId: suspension,
      incident: incident ?? '',
      problem: 'NO_RUN',
    }));
  const found = deps.client ? [...closed, ...(await withoutRun(deps, deps.client))] : closed;
  const unique = [...new Map(found.map((orphan) => [orphan.workflowId, orphan])).values()];
  return toldOnce(deps, unique);
}

/** A run that just moved on is ahead of its row, or behind it, for a moment: what differs is looked at twice. */
const SECOND_LOOK_MS = 3_000;

async function withoutRun(deps: ActivityDeps, client: NonNullable<ActivityDeps['client']>): Promise<Orphan[]> {
  const look = async (only?: ReadonlySet<string>): Promise<Orphan[]> => {
    const rows = (await openJobs(deps)).filter(({ workflow_id }) => !only || only.has(workflow_id));
    const problems = await Promise.all(
      rows.map(async ({ workflow_id, incident, stage }) => ({
        workflowId: workflow_id,
        incident,
        problem: await compareRun(client, workflow_id, stage),
      })),
    );
    return problems.filter((orphan): orphan is Orphan => orphan.problem !== undefined);
  };
  const first = await look();
  if (first.length === 0) return first;
  await sleep(SECOND_LOOK_MS);
  return look(new Set(first.map(({ workflowId }) => workflowId)));
}

/** People are told of an orphan once; its task closes by itself when somebody looks after it again. */
async function toldOnce(deps: ActivityDeps, found: readonly Orphan[]): Promise<Orphan[]> {
  const { db } = deps.store;
  const told = await db
    .selectFrom('task')
    .select(['id', 'subject'])
    .where('subject', 'like', 'orphan:%')
    .where('closed_at', 'is', null)
    .execute();
  const orphaned = new Set(found.map(({ workflowId }) => `orphan:${workflowId}`));
  const settled = told.filter(({ subject }) => !orphaned.has(subject)).map(({ id }) => id);
  if (settled.length > 0)
    await db
      .updateTable('task')
      .set({ closed_at: sql`now()` })
      .where('id', 'in', settled)
      .execute();
  return found.filter(({ workflowId }) => !told.some(({ subject }) => subject === `orphan:${workflowId}`));
}

export function openJobs(deps: Pick<ActivityDeps, 'store'>) {
  return deps.store.db
    .selectFrom('job')
    .select(['workflow_id', 'job', 'incident', 'stage', 'updated_at', 'sequence'])
    .where('closed', '=', false)
    .where('job', 'in', ['suspension', 'containment'])
    .orderBy('workflow_id')
    .execute();
}

/** Compares one open row with its run. A run that just moved on is given the benefit of a second look by the next sweep. */
export async function compareRun(
  client: NonNullable<ActivityDeps['client']>,
  workflowId: string,
  stage: string,
): Promise<Orphan['problem'] | undefined> {
  try {
    const run = await client.workflow.getHandle(workflowId).describe();
    if (run.status.name !== 'RUNNING') return 'NO_RUN';
    const shown = run.typedSearchAttributes.get(STAGE);
    return shown === undefined || shown === stage ? undefined : 'STAGE_DIFFERS';
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return 'NO_RUN';
    throw error;
  }
}
