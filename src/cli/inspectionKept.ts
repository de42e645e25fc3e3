import type { Instant, Zone } from '../domain/instant.js';
import type { Sentence } from '../domain/sentence.js';
import { wordOf } from '../domain/wording/inspection.js';
import type { KeptInspection } from '../store/inspections.js';
import { dueText, local, oneLine, shellWord, type Page } from './output.js';

const ENDED: Readonly<Record<string, Sentence>> = {
  EXPIRED: { en: 'expired', ja: '期限到来' },
  SUPERSEDED: { en: 'accepted anew', ja: '改めて受容' },
  MENDED: { en: 'mended', ja: '解消' },
};

/** Risks that two persons accepted (R-06): who, when, and until when. */
export function showRisks(page: Page, { risks }: Pick<KeptInspection, 'risks'>, at: Instant, zone: Zone): void {
  if (risks.length === 0) return;
  page.heading(page.t({ en: `ACCEPTED RISKS (${risks.length})`, ja: `受容したリスク（${risks.length}件）` }));
  for (const { items, functions, by, acceptedAt, until, ended, endedAt } of risks) {
    const [on, people] = [local(acceptedAt, zone), by.join(', ')];
    page.text(
      `${page.paint(items.join(', '), 'bold')}   ${page.t({ en: `accepted ${on} by ${people}`, ja: `${on} 受容（${people}）` })}`,
      2,
    );
    const end =
      ended === null || endedAt === null
        ? { en: `until ${dueText(until, at, zone).text.en}`, ja: `期限 ${dueText(until, at, zone).text.ja}` }
        : {
            en: `until ${local(until, zone)}; ${wordOf(ENDED, ended).en} ${local(endedAt, zone)}`,
            ja: `期限 ${local(until, zone)}、${wordOf(ENDED, ended).ja} ${local(endedAt, zone)}`,
          };
    page.text(page.t(end), 6, ...(ended === null ? (['yellow'] as const) : []));
    if (functions.length > 0)
      page.text(page.t({ en: `functions: ${functions.join(', ')}`, ja: `機能: ${functions.join('、')}` }), 6, 'dim');
  }
}

/** Mails that came back, and answers by mail: from whom and when, never what they say. */
export function showBack(
  page: Page,
  workflowId: string,
  { bounces, replies }: Pick<KeptInspection, 'bounces' | 'replies'>,
  time: (at: Instant) => string,
): void {
  if (bounces.length > 0) {
    page.heading(
      page.t({ en: `MAILS THAT CAME BACK (${bounces.length})`, ja: `戻ってきたメール（${bounces.length}件）` }),
    );
    page.table(
      [],
      bounces.map(({ mail, at }) => [time(at), page.paint(mail, 'red')]),
    );
  }
  if (replies.length === 0) return;
  page.heading(page.t({ en: `ANSWERS BY MAIL (${replies.length})`, ja: `メールの返信（${replies.length}件）` }));
  page.table(
    [],
    replies.map(({ at, from, attachments, automatic }) => [
      time(at),
      oneLine(from),
      attachments > 0 ? page.t({ en: `attachments: ${attachments}`, ja: `添付 ${attachments}件` }) : '',
      automatic ? page.t({ en: 'automatic', ja: '自動応答' }) : '',
    ]),
  );
  page.code(`npx hikeshi mail show ${shellWord(workflowId)}`, 2);
}
