import { createHash } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import type { Instant } from '../domain/instant.js';
import { canonicalJson, type Json } from '../domain/json.js';
import type { Row, Transition } from '../domain/transition.js';
import { faultPoint } from '../faultPoint.js';
import type { Db } from './open.js';
import type { Register } from './schema.js';

export interface Recording {
  readonly workflowId: string;
  readonly job: string;
  readonly incident: string;
  readonly stage: string;
  readonly closed: boolean;
  readonly needsHuman: boolean;
  readonly nextDeadline?: Instant;
  /** The state after the last of these transitions. */
  readonly state: Json;
  readonly sequence: number;
  readonly transitions: readonly Transition[];
}

export type Recorded =
  | { readonly kind: 'recorded' }
  /** The register holds another content under this key: history and register went apart (reset, restore). Nothing was written. */
  | { readonly kind: 'diverged'; readonly sequence: number };

/** What must be equal for a transition to be the same one. When it was recorded is not part of it. */
export function contentHash(transition: Transition): string {
  const { entity, kind, effectiveAt, content, rows } = transition;
  return createHash('sha256').update(canonicalJson({ entity, kind, effectiveAt, content, rows })).digest('hex');
}

/**
 * Writes transitions, the rows they bring and the job's state in one transaction, each under its key (workflow id,
 * sequence). The same key with the same content is a retry and changes nothing.
 */
export async function record(db: Db, recording: Recording): Promise<Recorded> {
  faultPoint('record.before');
  const outcome = await db.transaction().execute(async (trx): Promise<Recorded> => {
    // Serialises writers of one workflow: an old attempt that is still under way, and its retry.
    await sql`select pg_advisory_xact_lock(hashtextextended(${recording.workflowId}, 1))`.execute(trx);
    const known = await knownHashes(trx, recording);
    const clash = recording.transitions.find((t) => known.has(t.sequence) && known.get(t.sequence) !== contentHash(t));
    const ahead = await trx
      .selectFrom('job')
      .select(['sequence', 'closed'])
      .where('workflow_id', '=', recording.workflowId)
      .executeTakeFirst();
    if (clash) {
      await openReconcileTask(trx, recording, clash);
      return { kind: 'diverged', sequence: clash.sequence };
    }
    const news = recording.transitions.filter((t) => !known.has(t.sequence));
    for (const transition of news) await writeTransition(trx, recording, transition);
    if (!ahead || ahead.sequence <= recording.sequence) await writeJob(trx, recording);
    return { kind: 'recorded' };
  });
  faultPoint('record.after');
  return outcome;
}

async function knownHashes(
  trx: Transaction<Register>,
  { workflowId, transitions }: Recording,
): Promise<Map<number, string>> {
  if (transitions.length === 0) return new Map();
  const rows = await trx
    .selectFrom('timeline')
    .select(['sequence', 'hash'])
    .where('workflow_id', '=', workflowId)
    .where(
      'sequence',
      'in',
      transitions.map(({ sequence }) => sequence),
    )
    .execute();
  return new Map(rows.map(({ sequence, hash }) => [sequence, hash]));
}

async function writeJob(trx: Transaction<Register>, recording: Recording): Promise<void> {
  const at = recording.transitions.at(-1)?.recordedAt;
  const values = {
    job: recording.job,
    incident: recording.incident,
    stage: recording.stage,
    closed: recording.closed,
    needs_human: recording.needsHuman,
    next_deadline: recording.nextDeadline ?? null,
    sequence: recording.sequence,
    state: JSON.stringify(recording.state),
    ...(at && { updated_at: at }),
  };
  await trx
    .insertInto('job')
    .values({ workflow_id: recording.workflowId, ...values, updated_at: at ?? new Date(0).toISOString() })
    .onConflict((conflict) => conflict.column('workflow_id').doUpdateSet(values))
    .execute();
}

async function writeTransition(
  trx: Transaction<Register>,
  recording: Recording,
  transition: Transition,
): Promise<void> {
  await trx
    .insertInto('timeline')
    .values({
      workflow_id: recording.workflowId,
      sequence: transition.sequence,
      entity: transition.entity,
      kind: transition.kind,
      incident: transition.incident ?? recording.incident,
      effective_at: transition.effectiveAt,
      recorded_at: transition.recordedAt,
      content: canonicalJson(transition.content),
      hash: contentHash(transition),
    })
    .execute();
  for (const [index, row] of transition.rows.entries()) await writeRow(trx, recording, transition, row, index);
}

async function writeRow(
  trx: Transaction<Register>,
  recording: Recording,
  transition: Transition,
  row: Row,
  index: number,
): Promise<void> {
  const { workflowId } = recording;
  const incident = transition.incident ?? recording.incident;
  const at = transition.recordedAt;
  const id = `${workflowId}#${transition.sequence}.${index}`;
  switch (row.do) {
    case 'placeHold':
      await trx
        .insertInto('hold')
        .values({
          workflow_id: workflowId,
          target: row.target,
          placed_sequence: transition.sequence,
          measure: row.measure,
          limit_yen: row.limitYen ?? null,
          in_flight: row.inFlight ?? null,
          placed_at: at,
        })
        .execute();
      return;
    case 'releaseHold':
      await trx
        .updateTable('hold')
        .set({ released_at: at })
        .where('workflow_id', '=', workflowId)
        .where('target', '=', row.target)
        .where('released_at', 'is', null)
        .execute();
      return;
    case 'openTask':
      await trx
        .insertInto('task')
        .values({
          id,
          workflow_id: workflowId,
          incident,
          subject: row.subject,
          roles: [...row.roles],
          call: row.call,
          asks_en: row.asks.en,
          asks_ja: row.asks.ja,
          due: row.due ?? null,
          send: row.send ? JSON.stringify(row.send) : null,
          opened_at: at,
        })
        .execute();
      return;
    case 'closeTasks':
      await trx
        .updateTable('task')
        .set({ closed_at: at })
        .where('workflow_id', '=', workflowId)
        .where('subject', '=', row.subject)
        .where('closed_at', 'is', null)
        .execute();
      return;
    case 'openDuty':
      await trx
        .insertInto('duty')
        .values({
          id,
          workflow_id: workflowId,
          incident,
          duty: row.duty,
          owner: row.owner,
          opened_at: at,
          due: row.due,
          arithmetic: row.arithmetic,
        })
        .execute();
      return;
    case 'dutyAlarmed':
      await trx.updateTable('duty').set({ alarmed_at: at }).where('id', '=', row.id).execute();
      return;
    case 'recordDecision':
      await trx
        .insertInto('decision')
        .values({
          workflow_id: workflowId,
          sequence: transition.sequence,
          subject: row.subject,
          verdict: row.verdict,
          by: row.by,
          role: row.role,
          reason: row.reason,
          digest: row.digest,
          late: row.late,
          decided_at: at,
          roster_version: row.rosterVersion,
          table_version: row.tableVersion,
        })
        .execute();
      return;
    case 'recordLoss':
      // Another containment of the same function may have taken the same finding in: one row a finding.
      await trx
        .insertInto('loss')
        .values({
          incident,
          target: row.target,
          reference: row.reference,
          count: row.count,
          occurred_at: row.occurredAt,
          confirmed_at: transition.effectiveAt,
          recorded_at: at,
        })
        .onConflict((conflict) => conflict.columns(['incident', 'target', 'reference']).doNothing())
        .execute();
      return;
  }
}

async function openReconcileTask(trx: Transaction<Register>, recording: Recording, clash: Transition): Promise<void> {
  await trx
    .insertInto('task')
    .values({
      id: `${recording.workflowId}#diverged`,
      workflow_id: recording.workflowId,
      incident: recording.incident,
      subject: 'reconcile',
      roles: ['dutyOfficer'],
      call: true,
      asks_en: `The history of ${recording.workflowId} and the register went apart at transition ${clash.sequence} (a reset or a restore). Nothing was changed. Run "hikeshi reconcile".`,
      asks_ja: `${recording.workflowId} の履歴と台帳が遷移 ${clash.sequence} で食い違いました（リセットまたは復元）。何も変更していません。hikeshi reconcile を実行してください。`,
      send: null,
      opened_at: clash.recordedAt,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ closed_at: null, called_at: null }))
    .execute();
}
