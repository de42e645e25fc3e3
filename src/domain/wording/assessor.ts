import { ROLES, type Role } from '../roster.js';
import type { Sentence } from '../sentence.js';

/** Somebody else than the commissioned assessor sent what only he may. */
export function onlyTheAssessor(assessor: string): Sentence {
  return {
    en: `Only ${assessor}, the commissioned assessor, may send this. The bank answers a draft by "factCheck", beside the opinion.`,
    ja: `これを送れるのは、委嘱された評価者 ${assessor} だけです。銀行側は見解案に「factCheck」で回答してください（見解と並べて保存します）。`,
  };
}

export function notAssessor(person: string, roster: string): Sentence {
  return {
    en: `"${person}" does not hold the role ${ROLES.assessor.en} in the roster ${roster} now. Name somebody who does, or enter him in roster.yaml.`,
    ja: `「${person}」は名簿（版 ${roster}）で今「${ROLES.assessor.ja}」ではありません。該当者を指定するか、roster.yaml に登録してください。`,
  };
}

/** @param ties roles, controls and units by their ids */
export function notIndependent(person: string, ties: readonly string[]): Sentence {
  const named = (language: 'ja' | 'en') =>
    ties
      .map((tie) => (Object.hasOwn(ROLES, tie) ? ROLES[tie as Role][language] : tie))
      .join(language === 'en' ? ', ' : '、');
  return {
    en: `"${person}" is not independent: he is tied to the bank by ${named('en')}. Name an assessor who has no other role, control or unit.`,
    ja: `「${person}」は独立していません（${named('ja')} に関わっています）。ほかの役割・対策・対象を持たない評価者を指定してください。`,
  };
}

export function unknownReport(round: string): Sentence {
  return {
    en: `The field "digest" names no report of the round ${round}. Take the digest from a report that was proposed for publication.`,
    ja: `「digest」に当たる点検 ${round} の報告がありません。公表案として作成された報告の要約値を指定してください。`,
  };
}
