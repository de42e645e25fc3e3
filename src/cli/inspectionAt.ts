import type { InspectionState } from '../domain/providerInspection.js';
import { authorise } from '../domain/roster.js';
import type { Context } from './context.js';
import { readJob } from './jobs.js';

/** The unit's state, and whether this person may do it; as the workflow would say it. */
export async function mayDo(
  context: Context,
  workflowId: string,
  { rule, verdict = 'propose', by }: { rule: string; verdict?: string; by: string },
): Promise<InspectionState> {
  const job = await context.asking(readJob(await context.register(), workflowId));
  const state = job.of.state as InspectionState;
  const { documents } = await context.documents();
  authorise(documents.roster, documents.decisions, {
    rule: `providerInspection.${rule}`,
    verdict,
    by,
    at: context.now(),
    unitOwner: state.owner,
    votes: [],
  });
  return state;
}

export const notAsked = (id: string) => ({
  en: `${id} has asked nothing yet. Wait until its request went out ("hikeshi inspection show").`,
  ja: `${id} はまだ照会していません。依頼の送付後に実行してください（hikeshi inspection show で確認）。`,
});
