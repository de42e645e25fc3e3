import { sql } from 'kysely';
import { previewSuspension, singlesOf, stopTurns, suspensionTerms } from '../domain/plan.js';
import type { Instant } from '../domain/instant.js';
import { requireDecidable } from '../domain/proposal.js';
import { Refusal } from '../domain/refusal.js';
import { authorise } from '../domain/roster.js';
import type { Sentence } from '../domain/sentence.js';
import {
  carried,
  type Plan,
  type SuspensionInput,
  type SuspensionPreview,
  type SuspensionState,
} from '../domain/suspension.js';
import { currentDocuments } from '../store/documents.js';
import type { ActivityDeps } from './deps.js';
import { digest } from './digest.js';
import { nothingThere, wroteBy } from './saved.js';
import { zoneAt } from './zone.js';
import type { Opened } from '../domain/resume.js';
import { orRefused } from './orRefused.js';

export interface OpenSuspension {
  readonly workflowId: string;
  /** Absent: go on with what the register holds. */
  readonly input?: SuspensionInput;
  readonly at: Instant;
}

/** Reads the documents as of now and works out the plan; or finds the state that an earlier run saved. */
export function openSuspension(
  deps: ActivityDeps,
  { workflowId, input, at }: OpenSuspension,
  run?: string,
): Promise<Opened<Plan, SuspensionState>> {
  return orRefused(async () => {
    const row = await deps.store.db
      .selectFrom('job')
      .select(['state', 'closed'])
      .where('workflow_id', '=', workflowId)
      .executeTakeFirst();
    if (!input) {
      if (row) return { kind: 'resumed', state: row.state as unknown as SuspensionState };
      throw new Refusal(nothingThere(workflowId));
    }
    // A worker that was lost right after it wrote: its own run goes on.
    if (row && (await wroteBy(deps, workflowId, run)))
      return { kind: 'resumed', state: row.state as unknown as SuspensionState };
    if (row) throw new Refusal(taken(workflowId, row.closed));
    const { plan } = await planSuspension(deps, input, at);
    if (input.decidedIn !== undefined) await assertDecided(deps, workflowId, input);
    return { kind: 'planned', plan };
  });
}

/** Where the suspension of this name was decided: its own id if that was by its proposal. Undefined: the register has none yet. */
export async function openedAs(
  { store }: Pick<ActivityDeps, 'store'>,
  { workflowId }: { readonly workflowId: string },
): Promise<{ readonly decidedIn?: string }> {
  const row = await store.db.selectFrom('job').select('state').where('workflow_id', '=', workflowId).executeTakeFirst();
  if (!row) return {};
  return { decidedIn: (row.state as unknown as SuspensionState).decidedIn ?? workflowId };
}

/** The plan and what people see of it, without doing anything: the dry run. */
export async function planSuspension(
  deps: Pick<ActivityDeps, 'store' | 'drill'>,
  input: SuspensionInput,
  at: Instant,
): Promise<{ plan: Plan; preview: SuspensionPreview }> {
  const documents = await currentDocuments(deps.store.db);
  const stopped = await deps.store.db
    .selectFrom('hold')
    .select('target')
    .distinct()
    .where('measure', '=', 'suspend')
    .where('released_at', 'is', null)
    .execute();
  const preview = previewSuspension(
    documents,
    input,
    stopped.map(({ target }) => target),
  );
  const rule = input.emergency ? 'suspension.emergency' : 'suspension.propose';
  if (input.decidedIn === undefined) {
    const proposal = { rule, verdict: 'start', by: input.by, at, failedControl: input.failedControl };
    authorise(documents.roster, documents.decisions, { ...proposal, votes: [] });
    // An emergency stop waits for nobody.
    requireDecidable(documents.roster, documents.decisions, proposal);
  }
  const zone = zoneAt(documents.playbook.zone, at);
  const turns = stopTurns(documents, input.targets);
  const singles = singlesOf(documents, preview.siblings);
  return {
    preview,
    plan: {
      input,
      digest: digest(preview),
      // What was decided elsewhere is judged by nobody here.
      ...(input.decidedIn === undefined && { preview: carried(preview) }),
      siblings: preview.siblings,
      ...(singles && { singles }),
      ...(turns && { turns }),
      terms: suspensionTerms(documents, zone, deps.drill),
    },
  };
}

/** `decidedIn` is a claim: the timeline must show that the workflow it names decided exactly this suspension. */
async function assertDecided(deps: ActivityDeps, workflowId: string, input: SuspensionInput): Promise<void> {
  const line = await deps.store.db
    .selectFrom('timeline')
    .select(['entity', 'content'])
    .where('workflow_id', '=', input.decidedIn!)
    .where(sql<boolean>`content->>'suspension' = ${workflowId}`)
    .limit(1)
    .executeTakeFirst();
  if (line) {
    const { verdict } = line.content as { verdict?: string };
    const sibling = line.entity.split('#')[1];
    const target = sibling ?? input.decidedIn!.split('/').slice(2).join('/');
    const measure = verdict === 'restrict' ? 'restrict' : 'suspend';
    if (input.targets.length === 1 && input.targets[0] === target && input.measure === measure) return;
  }
  throw new Refusal({
    en: `The field "decidedIn" names ${input.decidedIn}, which has not decided ${workflowId}. Leave it out: the suspension is then proposed and waits for approval.`,
    ja: `「decidedIn」の ${input.decidedIn} は ${workflowId} を決定していません。この項目を外せば、提案として承認を待ちます。`,
  });
}

function taken(workflowId: string, closed: boolean): Sentence {
  return closed
    ? {
        en: `The id ${workflowId} was used before, and what it did stays on record. Choose another name at its end.`,
        ja: `ID ${workflowId} は既に使われ、記録が残っています。末尾を別の名前にしてください。`,
      }
    : {
        en: `${workflowId} is open in the register. Run "hikeshi reconcile" if its workflow is gone, or choose another name.`,
        ja: `${workflowId} は台帳で継続中です。ワークフローが失われた場合は hikeshi reconcile を実行し、そうでなければ別の名前にしてください。`,
      };
}
