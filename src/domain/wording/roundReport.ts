import type { Firmness } from '../deadline.js';
import type { TargetStanding } from '../inspectionRound/target.js';
import type { Language, Sentence } from '../sentence.js';

export const FIRMNESS_WORDS: Readonly<Record<Firmness, Sentence>> = {
  statutory: { ja: '法定', en: 'statutory' },
  committed: { ja: '約束', en: 'committed' },
  target: { ja: '目標', en: 'target' },
  principle: { ja: '方針', en: 'principle' },
};

/** How a promise stands. */
export const STANDING_WORDS = {
  ON_TRACK: { ja: '予定どおり', en: 'on track' },
  AT_RISK: { ja: '期限が迫る', en: 'at risk' },
  MISSED: { ja: '期限超過', en: 'missed' },
  MET: { ja: '履行済み', en: 'met' },
} as const satisfies Record<string, Sentence>;

/** What a third-party evaluation says. */
export const OPINION_WORDS = {
  FINAL: { ja: '確定（除外事項なし）', en: 'final, without exceptions' },
  FINAL_WITH_EXCEPTIONS: { ja: '確定（除外事項あり）', en: 'final, with exceptions' },
  FINAL_ADVERSE: { ja: '確定（不適正）', en: 'final, adverse' },
} as const satisfies Record<string, Sentence>;

const days = (n: number) => `${n} ${n === 1 ? 'day' : 'days'}`;
/** Only a whole round at or before its target is on target; what is reported of a running one is interim. */
export function targetText(standing: TargetStanding): Sentence {
  switch (standing.kind) {
    case 'on-target':
      return { ja: '目標どおり', en: 'on target' };
    case 'late':
      return { ja: `目標から${standing.days}日遅れ`, en: `${days(standing.days)} after the target` };
    case 'interim': {
      const { daysLeft, predictedSlip } = standing;
      const left =
        daysLeft === 0
          ? { ja: '目標日当日', en: 'on the day of the target' }
          : { ja: `目標まであと${daysLeft}日`, en: `${days(daysLeft)} to the target` };
      if (predictedSlip === 0) return { ja: `途中経過、${left.ja}`, en: `interim, ${left.en}` };
      return {
        ja: `途中経過、${left.ja}、${predictedSlip}日遅れの見込み`,
        en: `interim, ${left.en}, predicted ${days(predictedSlip)} late`,
      };
    }
  }
}

const units = (n: number) => `${n} ${n === 1 ? 'unit' : 'units'}`;

const en = {
  mark: 'Replay, drill (再現・訓練)',
  markNote: 'This document was made for a replay or a drill. It was not issued by the bank.',
  draft: 'Draft, not published',
  currentNote: 'This is how the round stands now. Nobody has released it for publication.',
  proposedNote: 'This is proposed for publication. Nobody has released it yet.',
  superseded: 'Superseded',
  supersededDraft: 'Superseded draft, not published',
  supersededBy: (digest: string, on: string) =>
    `A newer report was published on ${on} (digest ${digest}). Read that one.`,
  supersededByDraft: (digest: string) =>
    `A newer report was proposed for publication (digest ${digest}). Read that one.`,
  returned: 'Draft, given back',
  returnedNote: 'It was proposed for publication and was given back without a release.',
  moved: 'Draft, no longer true',
  movedNote: 'After it was proposed a result changed. It cannot be released; a new one has to be proposed.',
  institution: 'Inspected by',
  asOf: 'As of',
  round: 'Round',
  status: 'State',
  complete: 'complete',
  incomplete: (n: number) => `incomplete (${units(n)})`,
  target: 'Target',
  predicted: 'Predicted end',
  published: 'Published',
  digest: 'Digest',
  summary: 'Results by group',
  group: 'Group',
  total: 'Total',
  /** Not applicable stands outside the share: in neither of its two numbers. */
  share: ({ applicable, satisfied, percent, apart, notAsked }: Share) =>
    `Figures are units. Of the ${units(applicable)} other than "not applicable", ${satisfied} ${satisfied === 1 ? 'is' : 'are'} satisfied${percent === undefined ? '' : ` (${percent} %)`}. ` +
    `"Not applicable" (${units(apart)}) means that no item concerns the unit: it is counted neither as satisfied nor among these.` +
    (notAsked === 0
      ? ''
      : ` "Not yet asked" (${units(notAsked)}) means that no question has gone out to the unit: its answer is not missing.`),
  notFinished: 'Units whose inspection is not complete',
  nothing: 'None.',
  units: 'Results by unit',
  unit: 'Unit',
  result: 'Result',
  basis: 'Basis',
  mandatory: 'Mandatory',
  satisfied: 'Satisfied',
  failing: 'Failing',
  left: 'N/A',
  remarks: 'Service, remarks',
  unitsNote:
    '"Mandatory" counts the mandatory items that apply; "N/A" those that do not, which count in no other column. "Basis" says whether the unit was inspected after its controls had been hardened, or as it was before. Results of different bases cannot be compared.',
  overdue: (n: number) => `answer ${days(n)} late`,
  remediation: (day: string) => `remediation due ${day}`,
  notApplicable: 'Not applicable',
  review: (day: string) => `looked at again by ${day}`,
  authentication: 'Authentication at linking',
  authenticationNote:
    'How customers prove at a link that the account is theirs, with the strength of the method, for each link.',
  several: (word: string, n: number) => `${word} (${n})`,
  failingByPhase: 'Mandatory items failing, by phase',
  phases: ['1 Account', '2 Linking', '3 Charging', '4 Paying', '5 After'],
  commitments: 'Commitments',
  what: 'What',
  due: 'Due',
  lastBankDay: 'Last bank day',
  firmness: 'Firmness',
  standing: 'Standing',
  earlier: (dates: string) => `earlier: ${dates}`,
  improvements: 'Improvements beyond the gaps',
  improvementsNote: 'Not gaps, and counted in no result: what is to get better, whatever the result of the unit is.',
  wholeGroup: (group: string, n: number) => `${group} (all ${units(n)})`,
  stage: 'Stage',
  notPromised: 'no date promised',
  opinion: 'Third-party evaluation',
  exceptions: 'Exceptions',
  suspended: 'suspended',
  notSuspended: 'in service',
  recommendations: 'Recommendations',
  separator: ', ',
  colon: ': ',
  inBrackets: (text: string) => ` (${text})`,
};

export interface Share {
  /** Units to which at least one item applies. */
  readonly applicable: number;
  readonly satisfied: number;
  /** `73.7`; undefined where nothing applies. */
  readonly percent: string | undefined;
  readonly apart: number;
  /** Of the applicable ones, as far as is known. */
  readonly notAsked: number;
}

export type ReportWords = typeof en;

const ja: ReportWords = {
  mark: '再現・訓練',
  markNote: 'この文書は再現・訓練のために作成したもので、銀行が公表したものではありません。',
  draft: '案（未公表）',
  currentNote: '現在の状況を示すもので、公表の承認を受けていません。',
  proposedNote: '公表案です。まだ公表の承認を受けていません。',
  superseded: '差替え済み',
  supersededDraft: '案（未公表・差替え済み）',
  supersededBy: (digest, on) => `${on}に公表した新しい報告（要約値 ${digest}）に差し替えました。そちらをご覧ください。`,
  supersededByDraft: (digest) => `新しい公表案（要約値 ${digest}）に差し替えました。そちらをご覧ください。`,
  returned: '案（差し戻し）',
  returnedNote: '公表案として提出しましたが、承認されずに差し戻されました。',
  moved: '案（現状と不一致）',
  movedNote: '公表案の作成後に結果が変わったため、公表できません。新しい公表案が必要です。',
  institution: '点検の実施者',
  asOf: '基準時',
  round: '点検番号',
  status: '状況',
  complete: '点検完了',
  incomplete: (n) => `未了（${n}先）`,
  target: '完了目標',
  predicted: '完了見込み',
  published: '公表日',
  digest: '要約値',
  summary: '結果の一覧',
  group: '区分',
  total: '合計',
  share: ({ applicable, satisfied, percent, apart, notAsked }) =>
    `単位は先数です。「該当項目なし」を除く${applicable}先のうち、充足は${satisfied}先${percent === undefined ? '' : `（${percent}％）`}です。` +
    `「該当項目なし」の${apart}先は対象となる項目がないもので、充足にも、この${applicable}先にも数えていません。` +
    (notAsked === 0 ? '' : `「未照会」の${notAsked}先には、まだ質問を送っていません（未回答とは異なります）。`),
  notFinished: '点検が未了の先',
  nothing: 'ありません。',
  units: '先ごとの結果',
  unit: '先',
  result: '結果',
  basis: '基準',
  mandatory: '必須',
  satisfied: '充足',
  failing: '未充足',
  left: '該当なし',
  remarks: '提供状況・備考',
  unitsNote:
    '「必須」は適用となる必須項目の数、「該当なし」は適用とならない必須項目の数で、ほかのどの列にも数えていません。「基準」は、対策の強化後の状態を点検したか、強化前の状態を点検したかを示します。基準が異なる結果は比較できません。',
  overdue: (n) => `回答期限を${n}日超過`,
  remediation: (day) => `対応期限 ${day}`,
  notApplicable: '該当項目なし',
  review: (day) => `見直し ${day} まで`,
  authentication: '口座紐づけの認証方式',
  authenticationNote: '口座の名義人であることを確認する方式とその強さを、紐づけごとに示します。',
  several: (word, n) => `${word}（${n}）`,
  failingByPhase: '段階別の未充足の必須項目数',
  phases: ['①アカウント作成', '②口座紐づけ', '③チャージ', '④決済・送金', '⑤取引後'],
  commitments: '改善対応の約束',
  what: '内容',
  due: '期限',
  lastBankDay: '最終の銀行営業日',
  firmness: '位置づけ',
  standing: '状況',
  earlier: (dates) => `当初: ${dates}`,
  improvements: '不備以外の改善',
  improvementsNote: '不備ではなく、どの結果にも数えていません。点検結果にかかわらず、よりよくする取り組みです。',
  wholeGroup: (group, n) => `${group}（全${n}先）`,
  stage: '段階',
  notPromised: '期日の約束なし',
  opinion: '第三者評価',
  exceptions: '除外事項',
  suspended: '停止中',
  notSuspended: '提供中',
  recommendations: '提言',
  separator: '、',
  colon: ': ',
  inBrackets: (text) => `（${text}）`,
};

/** All words of the published result of a round. */
export const reportWords = (lang: Language): ReportWords => (lang === 'ja' ? ja : en);
