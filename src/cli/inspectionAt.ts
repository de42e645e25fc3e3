import type { InspectionState } from '../domain/providerInspection.js';
import { authorise } from '../domain/roster.js';
import type { Authorised } from '../domain/roster.js';
import type { Context } from './context.js';
import { readJob } from './jobs.js';

/** What the owner of a unit may do too: it judges nothing. */
const NO_JUDGEMENT = ['commitRemediation', 'link'];

/** The unit's state, and in which role this person may do it. @throws the refusal that the workflow would give */
export async function mayDo(
  context: Context,
  workflowId: string,
  { rule, verdict = 'propose', by }: { rule: string; verdict?: string; by: string },
): Promise<{ state: InspectionState; authority: Authorised }> {
  const job = await context.asking(readJob(await context.register(), workflowId));
  const state = job.of.state as InspectionState;
  const { roster, decisions } = (await context.documents()).documents;
  const authority = authorise(roster, decisions, {
    rule: `providerInspection.${rule}`,
    verdict,
    by,
    at: context.now(),
    ...(!NO_JUDGEMENT.includes(rule) && { unitOwner: state.owner }),
    votes: [],
  });
  return { state, authority: { ...authority, rosterVersion: roster.version, tableVersion: decisions.version } };
}

export const notAsked = (id: string) => ({
  en: `${id} has asked nothing yet. Wait until its request went out ("hikeshi inspection show").`,
  ja: `${id} はまだ照会していません。依頼の送付後に実行してください（hikeshi inspection show で確認）。`,
});
