import type { RoundResult, UnitResult } from '../../src/domain/inspectionRound/result.js';
import type { Instant } from '../../src/domain/instant.js';

type Result = UnitResult['result'];

const unit = (id: string, result: Result, basis: UnitResult['basis'], given: Partial<UnitResult> = {}): UnitResult => ({
  unit: id,
  name: { ja: id.toUpperCase(), en: id.toUpperCase() },
  own: false,
  phase: result === 'NOT_ANSWERED' ? 'REQUESTED' : result,
  result,
  basis,
  mandatory: 18,
  satisfied: result === 'SATISFIED' ? 18 : 15,
  failing: 0,
  notApplicable: 4,
  failingByPhase: {},
  serviceStates: [{ function: `link-${id}`, state: result === 'SATISFIED' ? 'ACTIVE' : 'SUSPENDED' }],
  ...given,
});
const after = (id: string, result: Result, given: Partial<UnitResult> = {}) =>
  unit(id, result, 'AFTER_HARDENING', given);
const own = (id: string, ja: string, en: string, given: Partial<UnitResult> = {}) =>
  unit(id, 'SATISFIED', 'NOT_STATED', {
    own: true,
    name: { ja, en },
    serviceStates: [{ function: id, state: 'ACTIVE' }],
    ...given,
  });
const decemberEnd = { date: '2020-12-31', lastOpenDay: '2020-12-30' };

/** A round as it stood on 2020-11-09 (DOMAIN 4.2), with made-up numbers of items. */
export const ROUND_2020: RoundResult = {
  v: 1,
  round: 'R2020',
  phase: 'REPORTED',
  title: { ja: 'セキュリティ総点検 2020 の結果', en: 'Security inspection 2020: the result' },
  asOf: '2020-11-09T06:00:00.000Z' as Instant,
  target: { date: '2020-10-31', lastOpenDay: '2020-10-30' },
  published: '2020-11-09',
  slipDays: 9,
  complete: false,
  incomplete: ['c6', 'o5', 'o6'],
  groups: [
    {
      group: 'code',
      name: { ja: 'コード決済', en: 'Code payment' },
      units: [
        ...['c1', 'c2', 'c3', 'c4', 'c5'].map((id) => after(id, 'SATISFIED')),
        after('c6', 'UNDER_EVALUATION', { overdueDays: 3 }),
      ],
    },
    {
      group: 'other-payment',
      name: { ja: 'その他決済', en: 'Other payment' },
      units: [
        ...['o1', 'o2', 'o3'].map((id) => after(id, 'SATISFIED')),
        after('o4', 'REMEDIATION_COMMITTED', {
          failing: 2,
          failingByPhase: { 2: 1, 4: 1 },
          remediationDue: decemberEnd,
        }),
        after('o5', 'UNDER_EVALUATION'),
        after('o6', 'UNDER_DISCUSSION'),
      ],
    },
    {
      group: 'non-payment',
      name: { ja: '決済以外', en: 'Non-payment' },
      units: [
        ...Array.from({ length: 16 }, (_, n) => after(`n${n + 1}`, 'NOT_APPLICABLE', { serviceStates: [] })),
        after('n17', 'SATISFIED', { mandatory: 9, satisfied: 9, notApplicable: 13 }),
      ],
    },
    {
      group: 'own',
      name: { ja: '自社サービス', en: 'Own services' },
      units: [
        own('instant-transfer-payment', '即時振替（決済）', 'Instant transfer (payment)', { basis: 'AS_IS' }),
        own('instant-transfer-other', '即時振替（決済以外）', 'Instant transfer (non-payment)', { basis: 'AS_IS' }),
        own('yucho-pay', 'ゆうちょPay', 'Yucho Pay'),
        own('mijica', 'mijica', 'mijica', {
          result: 'NOT_SATISFIED',
          mandatory: 22,
          satisfied: 8,
          failing: 14,
          notApplicable: 0,
          failingByPhase: { 1: 3, 2: 2, 3: 1, 4: 5, 5: 3 },
          serviceStates: [
            { function: 'mijica-transfer', state: 'SUSPENDED' },
            { function: 'mijica-web', state: 'SUSPENDED' },
            { function: 'mijica-debit', state: 'ACTIVE' },
          ],
        }),
        own('jp-bank-jcb', 'JP BANKカード（JCB）', 'JP BANK card (JCB)'),
        own('jp-bank-visa', 'JP BANKカード（VISA・Master）', 'JP BANK card (VISA, Master)'),
      ],
    },
  ],
  totals: {
    SATISFIED: 14,
    UNDER_EVALUATION: 2,
    REMEDIATION_COMMITTED: 1,
    UNDER_DISCUSSION: 1,
    NOT_APPLICABLE: 16,
    NOT_SATISFIED: 1,
  },
  commitments: [
    { unit: 'o4', text: 'Two items (o4-7)', ...decemberEnd, firmness: 'committed', standing: 'ON_TRACK' },
    { unit: 'mijica', text: 'Better monitoring', ...decemberEnd, firmness: 'target', standing: 'ON_TRACK' },
  ],
  opinion: {
    result: 'FINAL_WITH_EXCEPTIONS',
    exceptions: [
      { unit: 'c6', reason: { ja: '評価が終わっていない', en: 'evaluation not finished' }, suspended: true },
      { unit: 'o5', reason: { ja: '評価が終わっていない', en: 'evaluation not finished' }, suspended: true },
      { unit: 'o6', reason: { ja: '回答の内容を協議している', en: 'answers under discussion' }, suspended: true },
    ],
    recommendations: [
      { ja: '点検が未了の先の点検を完了すること。', en: 'Finish the inspections that are not complete.' },
      { ja: '点検で判明した課題に対応すること。', en: 'Fix the issues that were found.' },
      { ja: '対策の強化を続けること。', en: 'Go on strengthening the controls.' },
    ],
  },
};
