import type { Deadline } from '../domain/deadline/value.js';
import { gapListDue } from '../domain/gapReview/due.js';
import type { FrameworkVersion, GapReviewInput, GapReviewPlan, GapReviewState } from '../domain/gapReview.js';
import type { Instant } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import type { Opened } from '../domain/resume.js';
import type { Sentence } from '../domain/sentence.js';
import { currentDocuments, type AllDocuments } from '../store/documents.js';
import { newerGaps } from '../store/gaps.js';
import type { Db } from '../store/open.js';
import type { ActivityDeps } from './deps.js';
import { digest } from './digest.js';
import { orRefused } from './orRefused.js';
import { savedOr } from './saved.js';
import { zoneAt } from './zone.js';

/** The gap list that a version leaves now, and until when somebody has to have looked. Or the state that an earlier run saved. */
export function openGapReview(
  { store }: Pick<ActivityDeps, 'store'>,
  begun: { workflowId: string; input?: GapReviewInput; at: Instant },
  run?: string,
): Promise<Opened<GapReviewPlan, GapReviewState>> {
  return orRefused(async () => {
    const { at } = begun;
    const { db } = store;
    const saved = await savedOr<GapReviewState, GapReviewInput>({ store }, begun, run, reviewed);
    if (saved.kind === 'resumed') return saved;
    const { input } = saved;
    const documents = await currentDocuments(db);
    const { framework, version } = input;
    const gaps = (await newerGaps(db, documents, new Set([framework]))).filter(({ to }) => to === version);
    if (gaps.length === 0) throw new Refusal(noGaps(framework, version));
    return {
      kind: 'planned',
      plan: {
        input,
        gaps,
        due: await gapReviewDue(db, documents, input, at),
        digest: digest({ framework, version, gaps }),
        zone: zoneAt(documents.playbook.zone, at),
      },
    };
  });
}

/**
 * Until when somebody has to have looked at what a version leaves.
 * @throws Refusal when the policy's calendar is missing or does not reach so far
 */
export async function gapReviewDue(
  db: Db,
  documents: AllDocuments,
  { framework, version }: FrameworkVersion,
  at: Instant,
): Promise<Deadline> {
  const { loaded_at: published } = await db
    .selectFrom('document')
    .select('loaded_at')
    .where('kind', '=', `framework/${framework}`)
    .where('version', '=', version)
    .executeTakeFirstOrThrow();
  return gapListDue(documents.policy, published, documents.calendars, zoneAt(documents.playbook.zone, at));
}

const noGaps = (framework: string, version: string): Sentence => ({
  en: `Version "${version}" of the framework ${framework} leaves no gaps, or is not the current one. "hikeshi framework gaps" shows what is open.`,
  ja: `基準 ${framework} の版「${version}」に差分はないか、現在の版ではありません。hikeshi framework gaps で確認してください。`,
});
const reviewed = (id: string): Sentence => ({
  en: `${id} was decided before, and what was decided stays on record. Ask the units in a new round with "hikeshi round plan".`,
  ja: `${id} は判断済みで、記録が残っています。対象に照会するには hikeshi round plan で新しい点検を計画してください。`,
});
