import type { Sentence } from '../sentence.js';

/** Words for the result of an inspection, as the 2020 release prints them (DOMAIN 1.7). */
export const RESULT_WORDS = {
  NOT_STARTED: { ja: '未着手', en: 'not started' },
  SCOPED: { ja: '対象項目を確定', en: 'scoped' },
  NOT_APPLICABLE: { ja: '該当項目なし', en: 'not applicable' },
  NOT_ASKED: { ja: '未照会', en: 'not yet asked' },
  NOT_ANSWERED: { ja: '未回答', en: 'not answered' },
  REQUESTED: { ja: '回答待ち', en: 'requested' },
  OVERDUE: { ja: '回答期限超過', en: 'overdue' },
  ANSWERED: { ja: '回答受領', en: 'answered' },
  UNDER_EVALUATION: { ja: '評価中', en: 'under evaluation' },
  FOLLOW_UP_REQUESTED: { ja: '追加確認中', en: 'follow-up requested' },
  UNDER_DISCUSSION: { ja: '協議中', en: 'under discussion' },
  ESCALATED: { ja: '上申中', en: 'escalated' },
  SATISFIED: { ja: '充足', en: 'satisfied' },
  NOT_SATISFIED: { ja: '不充足', en: 'not satisfied' },
  REMEDIATION_COMMITTED: { ja: '対応予定', en: 'remediation committed' },
  RE_INSPECTION: { ja: '再点検中', en: 're-inspection' },
} as const satisfies Record<string, Sentence>;

/** Words for the result of an item (DOMAIN 1.7). */
export const ITEM_WORDS = {
  UNANSWERED: { ja: '未回答', en: 'unanswered' },
  ANSWERED: { ja: '回答済み', en: 'answered' },
  SATISFIED: { ja: '充足', en: 'satisfied' },
  INSUFFICIENT: { ja: '不十分', en: 'insufficient' },
  NOT_IMPLEMENTED: { ja: '未実施', en: 'not implemented' },
  NOT_APPLICABLE: { ja: '該当なし', en: 'not applicable' },
  DISPUTED: { ja: '異議あり', en: 'disputed' },
} as const satisfies Record<string, Sentence>;

/** What a result speaks of: results of different bases are not comparable. */
export const BASIS_WORDS = {
  AFTER_HARDENING: { ja: '強化後', en: 'after hardening' },
  AS_IS: { ja: '強化前', en: 'as is' },
  NOT_STATED: { ja: '基準の記載なし', en: 'not stated' },
} as const satisfies Record<string, Sentence>;

/** The bases of several results, each once: they are not comparable where there is more than one. */
export function basesText(bases: readonly string[]): Sentence {
  const found = [...new Set(bases)].sort().map((basis) => wordOf(BASIS_WORDS, basis));
  return { ja: found.map(({ ja }) => ja).join('、') || '-', en: found.map(({ en }) => en).join(', ') || '-' };
}

/** How strong a method of authentication is: "two-factor, yes or no" is not enough. */
export const STRENGTH_WORDS = {
  strong: { ja: '強い', en: 'strong' },
  weak: { ja: '弱い', en: 'weak' },
} as const satisfies Record<string, Sentence>;

export const SERVICE_STATE_WORDS = {
  ACTIVE: { ja: '提供中', en: 'active' },
  RESTRICTED: { ja: '制限中', en: 'restricted' },
  SUSPENDED: { ja: '停止中', en: 'suspended' },
  RESUMED: { ja: '再開', en: 'resumed' },
} as const satisfies Record<string, Sentence>;

/** The word of a code; a code that has none stays itself, so that nothing is hidden. */
export function wordOf(words: Readonly<Record<string, Sentence>>, code: string): Sentence {
  return Object.hasOwn(words, code) ? words[code]! : { ja: code, en: code };
}
