import type { DutyKind } from '../dutyKind.js';
import type { Sentence } from '../sentence.js';

export const DUTY_NAMES: Readonly<Record<DutyKind, Sentence>> = {
  customerNotice: { en: 'notice to customers', ja: 'お客さまへの通知' },
  disclosureDecision: { en: 'decision on disclosure of the stop', ja: '停止の公表の判断' },
  lossDisclosureDecision: { en: 'decision on disclosure of the loss', ja: '被害の公表の判断' },
  callDeskScript: { en: 'script for the call desk', ja: 'コールセンターの応答文' },
  stopScreenText: { en: 'text of the stop screen', ja: '停止画面の文言' },
  partnerNotice: { en: 'notice to partners', ja: '提携先への連絡' },
  filingAssessment: { en: 'assessment of filings', ja: '当局報告の要否判断' },
};

/** The answer to whoever closes a duty. */
export function dutyClosedMessage(late: boolean): Sentence {
  return late
    ? {
        en: 'The duty is closed. It was overdue, and is recorded as late.',
        ja: '義務を完了にしました。期限を過ぎていたため、遅延として記録しました。',
      }
    : { en: 'The duty is closed in time.', ja: '義務を期限内に完了にしました。' };
}

/** An id that names no duty here, with those that could be meant. */
export function notOwed(id: string, open: readonly string[]): Sentence {
  return {
    en: `There is no duty ${id} here. ${open.length > 0 ? `Open: ${open.join(', ')}.` : 'No duty is open.'} Look at "hikeshi duty list".`,
    ja: `義務 ${id} はここにありません。${open.length > 0 ? `未了: ${open.join('、')}。` : '未了の義務はありません。'}hikeshi duty list で確認してください。`,
  };
}
