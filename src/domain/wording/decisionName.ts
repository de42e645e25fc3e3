import type { DutyKind } from '../dutyKind.js';
import type { Sentence } from '../sentence.js';
import { DUTY_NAMES } from './duty.js';

/** What each row of the decision table decides, in words that stand as the object of "decide". */
const DECISIONS: Readonly<Record<string, Sentence>> = {
  'containment.decide': {
    en: 'stopping, restricting or continuing a function after a loss',
    ja: '損失を受けた機能の停止・制限・継続',
  },
  'containment.decide.restrict': { en: 'restricting a function after a loss', ja: '損失を受けた機能の制限' },
  'suspension.propose': { en: 'proposing a stop', ja: '停止の提案' },
  'suspension.emergency': { en: 'an emergency stop', ja: '緊急停止' },
  'suspension.approve': { en: 'approving a proposed stop', ja: '停止の承認' },
  'suspension.ratify': { en: 'ratifying an emergency stop', ja: '緊急停止の追認' },
  'suspension.reverse': { en: 'taking back an emergency stop', ja: '緊急停止の取り消し' },
  'suspension.sibling': { en: 'functions that share the failed control', ja: '同じ対策を使うほかの機能の扱い' },
  'suspension.review': { en: 'whether a stop is still right', ja: '停止を続けるかどうかの見直し' },
  'suspension.target': { en: 'a target that could not be stopped or resumed', ja: '停止・再開できなかった対象の扱い' },
  'suspension.proposeLift': { en: 'proposing to lift a stop', ja: '停止解除の提案' },
  'suspension.lift': { en: 'lifting a stop', ja: '停止の解除' },
  'inspectionRound.plan': { en: 'planning an inspection round', ja: '点検の計画' },
  'inspectionRound.open': { en: 'opening an inspection round', ja: '点検の開始' },
  'inspectionRound.proposeReport': { en: 'proposing a report for publication', ja: '公表案の作成' },
  'inspectionRound.report': { en: 'releasing a report for publication', ja: '公表の承認' },
  'inspectionRound.close': { en: 'closing an inspection round', ja: '点検の終了' },
  'providerInspection.notApplicable': { en: 'that nothing applies to a unit', ja: '該当項目なしの確認' },
  'providerInspection.proposeEvaluation': { en: 'proposing an evaluation', ja: '評価案の作成' },
  'providerInspection.evaluation': { en: 'confirming an evaluation', ja: '評価の確認' },
  'providerInspection.result': { en: 'the result of an inspection', ja: '点検結果の確定' },
  'providerInspection.result.follow-up': { en: 'a follow-up question to a unit', ja: '追加確認' },
  'providerInspection.result.discuss': { en: 'opening a discussion with a unit', ja: '協議の開始' },
  'providerInspection.discussion': { en: 'the outcome of a discussion', ja: '協議の結果' },
  'providerInspection.discussion.not-satisfied': {
    en: 'ending a discussion as not satisfied',
    ja: '協議を不充足で終えること',
  },
  'providerInspection.escalation': { en: 'an escalated inspection', ja: '上申された点検の扱い' },
  'providerInspection.commitRemediation': { en: 'recording a promised day of remediation', ja: '改善対応の期限の約束' },
  'providerInspection.acceptRisk': { en: 'accepting the risk of a failing item', ja: '不備のある項目のリスク受容' },
  'providerInspection.acceptRisk.refuse': { en: 'refusing to accept a risk', ja: 'リスク受容の却下' },
  'providerInspection.mail': {
    en: 'a mail to a provider that did not get through',
    ja: '届かなかった事業者宛てメールの扱い',
  },
  'providerInspection.reply': { en: 'a reply by mail from a provider', ja: '事業者からのメール返信の確認' },
  'providerInspection.link': { en: 'links to the answer page', ja: '回答ページのリンクの発行・取り消し' },
  'providerInspection.reopen': { en: 'reopening a finished inspection', ja: '終わった点検の再開' },
  'mail.settle': { en: 'a received mail that belongs to nothing', ja: '宛先不明の受信メールの処理' },
  'evaluation.propose': { en: 'proposing a third-party evaluation', ja: '第三者評価の提案' },
  'evaluation.commission': { en: 'commissioning a third-party evaluation', ja: '第三者評価の委託' },
  'evaluation.independence': { en: 'the independence of the assessor', ja: '評価者の独立性の確認' },
  'evaluation.factCheck': { en: 'the fact check of a draft opinion', ja: '意見書案の事実確認' },
  'evaluation.contradiction': { en: 'an opinion that contradicts the register', ja: '台帳と食い違う意見の扱い' },
  'improvement.start': { en: 'starting an improvement', ja: '改善の開始' },
  'improvement.moveStage': { en: 'moving an improvement to another stage', ja: '改善の段階の変更' },
  'improvement.setDue': { en: 'the due day of an improvement', ja: '改善の期限' },
  'improvement.drop': { en: 'giving up an improvement', ja: '改善の取りやめ' },
  'improvement.method': { en: 'the method of authentication of a provider', ja: '事業者の認証方法の登録' },
  'gapReview.gapList': { en: 'the gap list of a newer framework', ja: '新しい点検基準との差分の扱い' },
};

const closing = ({ en, ja }: Sentence): Sentence => ({ en: `closing the duty "${en}"`, ja: `義務「${ja}」の完了` });

/** What is decided, in words. A row that a playbook made up has only its own name. */
export function decisionName(rule: string, verdict: string): Sentence {
  const [job, kind] = rule.split('.');
  if (job === 'duty' && Object.hasOwn(DUTY_NAMES, kind!)) return closing(DUTY_NAMES[kind as DutyKind]);
  return DECISIONS[`${rule}.${verdict}`] ?? DECISIONS[rule] ?? { en: `"${rule}"`, ja: `「${rule}」` };
}
