import { CompiledQuery, type Transaction } from 'kysely';
import type { Transition } from '../domain/transition.js';
import { faultPoint } from '../faultPoint.js';
import type { Store } from './open.js';
import { contentHash, partsOf, together, type Recording } from './rows.js';

export type { Recording } from './rows.js';
import type { Register } from './schema.js';

export type Recorded =
  | { readonly kind: 'recorded' }
  /** The register holds another content under this key: history and register went apart (reset, restore). Nothing was written. */
  | { readonly kind: 'diverged'; readonly sequence: number }
  /**
   * The other content is this run's own: its worker was lost after it wrote, and what it does again happens at another
   * instant. Nothing was written; the register knows better.
   */
  | { readonly kind: 'behind' };

/**
 * Writes transitions, the rows they bring and the job's state in one transaction, each under its key (workflow id,
 * sequence). The same key with the same content is a retry and changes nothing. Two attempts at once are told apart by the
 * primary key: the second fails, looks, and finds the first.
 * @param run the run that records
 */
export async function record(store: Store, recording: Recording, run?: string): Promise<Recorded> {
  faultPoint('record.before');
  const recorded = (await recordNew(store, recording, run)) ?? (await recordAgain(store, recording, run));
  faultPoint('record.after');
  return recorded;
}

/** Something stands there already, or what came before does not. */
const UNIQUE_VIOLATION = '23505';
const BROKEN_TIMELINE = 'HK001';

/** Nearly always nothing of it is in the register yet: then one statement, planned once a connection, writes it all. */
async function recordNew({ pool }: Store, recording: Recording, run?: string): Promise<Recorded | undefined> {
  try {
    await pool.query(together(partsOf(recording, recording.transitions, run), recording.workflowId));
    return { kind: 'recorded' };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === UNIQUE_VIOLATION || code === BROKEN_TIMELINE) return undefined;
    throw error;
  }
}

/** Something stands under these keys already, the same or another story; or the register lacks what came before (a restore). */
function recordAgain({ db }: Store, recording: Recording, run?: string): Promise<Recorded> {
  return db.transaction().execute(async (trx): Promise<Recorded> => {
    const known = await registered(trx, recording);
    const first = recording.transitions[0]?.sequence;
    const clash = recording.transitions.find((transition) => {
      const line = known.get(transition.sequence);
      const { sequence } = transition;
      return line
        ? line.hash !== contentHash(transition)
        : sequence === first && sequence > 1 && !known.has(sequence - 1);
    });
    if (clash) {
      if (run !== undefined && known.get(clash.sequence)?.run === run) return { kind: 'behind' };
      await openReconcileTask(trx, recording, clash);
      return { kind: 'diverged', sequence: clash.sequence };
    }
    const news = recording.transitions.filter(({ sequence }) => !known.has(sequence));
    if (news.length === 0) return { kind: 'recorded' };
    // One after the other: a function may be let go and held again by one recording.
    for (const part of partsOf(recording, news, run)) {
      const { text, values } = together([part], recording.workflowId);
      await trx.executeQuery(CompiledQuery.raw(text, values));
    }
    return { kind: 'recorded' };
  });
}

/** What the register holds under the keys of these transitions, and right before them. */
async function registered(trx: Transaction<Register>, { workflowId, transitions }: Recording) {
  const lines = await trx
    .selectFrom('timeline')
    .select(['sequence', 'hash', 'run_id as run'])
    .where('workflow_id', '=', workflowId)
    .where(
      'sequence',
      'in',
      transitions.flatMap(({ sequence }) => [sequence - 1, sequence]),
    )
    .execute();
  return new Map(lines.map((line) => [line.sequence, line]));
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
