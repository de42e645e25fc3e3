import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import type { ActivityDeps } from './deps.js';

type Saved<S, I> = { readonly kind: 'resumed'; readonly state: S } | { readonly kind: 'new'; readonly input: I };

/**
 * The state that an earlier run saved, or the input of a job that is new under its id. A run goes on without an input, where
 * the job is not over, and where it wrote the last line itself before its worker was lost.
 * @param usedUp what is said where the job under this id is over
 * @throws Refusal when it is over, or when there is neither state nor input
 */
export async function savedOr<S, I>(
  deps: Pick<ActivityDeps, 'store'>,
  { workflowId, input }: { readonly workflowId: string; readonly input?: I },
  run: string | undefined,
  usedUp: (workflowId: string) => Sentence,
): Promise<Saved<S, I>> {
  const row = await deps.store.db
    .selectFrom('job')
    .select(['state', 'closed'])
    .where('workflow_id', '=', workflowId)
    .executeTakeFirst();
  if (row && (!input || !row.closed || (await wroteBy(deps, workflowId, run))))
    return { kind: 'resumed', state: row.state as unknown as S };
  if (row) throw new Refusal(usedUp(workflowId));
  if (!input) throw new Refusal(nothingThere(workflowId));
  return { kind: 'new', input };
}

/** Did this very run write the last line of the job? */
export async function wroteBy(
  deps: Pick<ActivityDeps, 'store'>,
  workflowId: string,
  run: string | undefined,
): Promise<boolean> {
  if (run === undefined) return false;
  const last = await deps.store.db
    .selectFrom('timeline')
    .select('run_id')
    .where('workflow_id', '=', workflowId)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.run_id === run;
}

/** A run without an input, under an id that the register does not know. */
export const nothingThere = (id: string): Sentence => ({
  en: `The register holds nothing under ${id}. Start it with the full input.`,
  ja: `台帳に ${id} はありません。すべての入力を付けて起動してください。`,
});
