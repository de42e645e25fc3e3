import type { UnitGaps } from '../domain/framework.js';
import { gapReviewId } from '../domain/ids.js';
import type { Sentence } from '../domain/sentence.js';
import { frameworkGaps } from '../store/gaps.js';
import type { Db } from '../store/open.js';
import type { Result } from './app.js';
import type { Context } from './context.js';
import { decideCommand, jobsUnder, questionsOf, standingOf } from './jobs.js';

/** What newer versions of the frameworks ask that units of rounds never answered. */
export async function gapsResult(context: Context): Promise<Result> {
  const db = await context.register();
  const { documents } = await context.documents();
  const gaps = await context.asking(frameworkGaps(db, documents));
  const reviews = await context.asking(reviewsOf(db, gaps));
  return {
    data: { gaps, reviews },
    page: (page) => {
      if (gaps.length === 0) {
        page.text(
          page.t({
            en: 'No gaps: every unit was asked by the present versions, or answered all that they ask.',
            ja: '差分はありません。すべての対象は現在の版で点検済みか、現在の版の項目にすべて回答しています。',
          }),
        );
        return;
      }
      page.text(
        page.t({
          en: 'The rounds go on by the version they began with. Decide for each unit whether to ask these items in a new round.',
          ja: '点検は開始時の版で続きます。次の項目を新しい点検で照会するか、対象ごとに判断してください。',
        }),
      );
      page.table(
        [
          { en: 'round', ja: '点検' },
          { en: 'unit', ja: '対象' },
          { en: 'versions', ja: '版' },
          { en: 'not answered', ja: '未回答の項目' },
          { en: 'reworded', ja: '文言等の変更' },
        ].map((title) => page.t(title)),
        gaps.map((gap) => [
          gap.open ? gap.round : `${gap.round} ${page.t({ en: '(closed)', ja: '（終了）' })}`,
          gap.unit,
          `${gap.from} → ${gap.to}`,
          items(gap),
          gap.reworded.join('\n'),
        ]),
      );
      for (const { workflowId, stage, standing, command } of reviews) {
        page.raw();
        page.raw(`${page.paint(workflowId, 'bold')}   ${stage ?? ''}`.trimEnd());
        page.text(page.t(standing), 2);
        if (command !== undefined) page.code(command);
      }
    },
  };
}

const items = ({ gaps }: UnitGaps) =>
  gaps.map(({ item, class: itemClass }) => `${item}${itemClass === 'mandatory' ? ' *' : ''}`).join('\n');

interface Review {
  readonly workflowId: string;
  /** Absent: no sweep has begun it yet. */
  readonly stage?: string;
  readonly standing: Sentence;
  readonly command?: string;
}

/** Who looks at these lists: the review of each version. */
async function reviewsOf(db: Db, gaps: readonly UnitGaps[]): Promise<Review[]> {
  const ids = [...new Set(gaps.map(({ framework, to: version }) => gapReviewId({ framework, version })))];
  const jobs = new Map((await jobsUnder(db, ids)).map((job) => [job.workflowId, job]));
  return ids.map((workflowId) => {
    const job = jobs.get(workflowId);
    if (!job) return { workflowId, standing: notBegun };
    const [asked] = questionsOf(job.of);
    return {
      workflowId,
      stage: job.stage,
      standing: standingOf(job.of),
      ...(asked && { command: decideCommand(workflowId, asked.subject, asked.verdicts, asked.digest) }),
    };
  });
}

const notBegun: Sentence = {
  en: 'Nobody was asked to look at this list yet: the next sweep does it, unless the version is an older one.',
  ja: 'この差分の確認はまだ始まっていません。古い版でなければ、次の見回りで始まります。',
};
