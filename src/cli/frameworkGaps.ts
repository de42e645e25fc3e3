import type { UnitGaps } from '../domain/framework.js';
import { frameworkGaps } from '../store/gaps.js';
import type { Result } from './app.js';
import type { Context } from './context.js';

/** What newer versions of the frameworks ask that units of rounds never answered. */
export async function gapsResult(context: Context): Promise<Result> {
  const db = await context.register();
  const { documents } = await context.documents();
  const gaps = await context.asking(frameworkGaps(db, documents));
  return {
    data: { gaps },
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
    },
  };
}

const items = ({ gaps }: UnitGaps) =>
  gaps.map(({ item, class: itemClass }) => `${item}${itemClass === 'mandatory' ? ' *' : ''}`).join('\n');
