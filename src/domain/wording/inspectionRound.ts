import { daysBetween } from '../date.js';
import { incompleteUnits, type RoundState } from '../inspectionRound/state.js';
import { localDate, localText, type Instant } from '../instant.js';
import { PUBLISHED_RESULTS, type PublishedResult } from '../providerInspection/state.js';
import type { Sentence } from '../sentence.js';
import { basesText, BASIS_WORDS, RESULT_WORDS } from './inspection.js';
import { both, table } from './markdown.js';

/** All sentences that a round says to people, for its present state. */
export function roundWords(state: RoundState) {
  const { incident: round, target } = state;
  const incomplete = incompleteUnits(state);
  const due = target.date ?? target.at.slice(0, 10);
  const bank = target.lastOpenDay && target.lastOpenDay !== due;
  const dueEn = `${due}${bank ? ` (last bank day ${target.lastOpenDay})` : ''}`;
  const dueJa = `${due}${bank ? `（最終銀行営業日 ${target.lastOpenDay}）` : ''}`;
  const units = Object.keys(state.units).length;
  return {
    open: {
      en: `The round ${round} over ${units} units is planned, to be finished by ${dueEn}. Approve it, and every unit is asked.`,
      ja: `点検 ${round}（対象 ${units}、期限 ${dueJa}）の計画です。承認すると各対象への照会を始めます。`,
    },
    report: {
      en: `The result of the round ${round} is proposed for publication. ${incomplete.length === 0 ? 'Every unit has a result.' : `Incomplete, and named as such: ${incomplete.join(', ')}.`}`,
      ja: `点検 ${round} の結果の公表案です。${incomplete.length === 0 ? 'すべての対象の結果が出ています。' : `未了として記載する対象: ${incomplete.join('、')}。`}`,
    },
    close: {
      en: `The round ${round} is reported. Close it, or report again when more units have a result.`,
      ja: `点検 ${round} は報告済みです。終了するか、結果が増えた時点で改めて報告してください。`,
    },
    willSlip: {
      en: `The round ${round} will miss its target ${dueEn}: by what is due now it ends ${state.predicted?.date ?? ''}, ${state.predicted?.slipDays ?? 0} calendar days late (${(state.predicted?.by ?? []).join(', ')}). Press these units, or tell the public now.`,
      ja: `点検 ${round} は期限 ${dueJa} に間に合わない見込みです。現在の予定では ${state.predicted?.date ?? ''} まで（${state.predicted?.slipDays ?? 0} 日遅れ、${(state.predicted?.by ?? []).join('、')}）。対象への督促、または早めの公表を判断してください。`,
    },
    missed: {
      en: `The round ${round} missed its target ${dueEn}. Incomplete: ${incomplete.join(', ') || 'none'}. Report what there is, with these named, and say when the rest follows.`,
      ja: `点検 ${round} は期限 ${dueJa} を過ぎました。未了: ${incomplete.join('、') || 'なし'}。未了を明記して報告し、残りの時期を示してください。`,
    },
    notAsked: (names: readonly string[]): Sentence => ({
      en: `Units of the round ${round} could not be asked: ${names.join(', ')}. They stay incomplete. Mend providers.yaml or the frameworks, publish them, and start their inspections (providerInspection/${round}/<unit>).`,
      ja: `点検 ${round} のうち、照会できない対象があります: ${names.join('、')}。未了のままです。providers.yaml や基準を直して登録し、対象ごとに点検（providerInspection/${round}/<対象>）を起動してください。`,
    }),
    notPlanned: (names: readonly string[]): Sentence => ({
      en: `Units were added to the list after the round ${round} was planned: ${names.join(', ')}. They are not asked. Start their inspections (providerInspection/${round}/<unit>) if the round is to cover them.`,
      ja: `点検 ${round} の計画後に、対象一覧に追加されたものがあります: ${names.join('、')}。照会していません。対象に含める場合は点検（providerInspection/${round}/<対象>）を起動してください。`,
    }),
    reportOutdated: (unit: string): Sentence => ({
      en: `The report of the round ${round} that waited for its release is no longer true: ${unit} moved on. Propose it again as it stands now.`,
      ja: `公表待ちだった点検 ${round} の結果は、${unit} の状況が変わったため現状と異なります。現時点の結果を改めて提案してください。`,
    }),
    otherwise: {
      en: 'If nobody decides, the round stays as it is.',
      ja: '判断がなければ、点検はこのままの状態です。',
    },
    notNow: {
      en: `No such decision on the round ${round} is open at this stage.`,
      ja: `この段階では点検 ${round} のその判断は求められていません。`,
    },
    notRunning: {
      en: `The round ${round} is not running, so there is nothing to report. Open it first.`,
      ja: `点検 ${round} は実施中でないため、報告するものがありません。先に開始してください。`,
    },
  };
}

/** Where a round stands. */
export function roundStanding(state: RoundState): Sentence {
  const incomplete = incompleteUnits(state);
  const units = Object.keys(state.units).length;
  return {
    en: `Round ${state.incident}: ${units - incomplete.length} of ${units} units have a result. ${incomplete.length > 0 ? `Incomplete: ${incomplete.join(', ')}.` : ''}`,
    ja: `点検 ${state.incident}: ${units} 対象中 ${units - incomplete.length} の結果が出ています。${incomplete.length > 0 ? `未了: ${incomplete.join('、')}。` : ''}`,
  };
}

/** Lines of the next deadlines: a round of a thousand has its status for the rest. */
const SHOWN = 30;

/**
 * The table of the release (groups by results) and what is due next, as Markdown in both languages.
 * @param at as of when it says what is overdue
 */
export function roundTables(state: RoundState, at: Instant): string {
  const zone = state.terms.zone;
  const results = PUBLISHED_RESULTS.filter((result) => Object.values(state.units).includes(result));
  const grouped = new Set(state.groups?.flatMap(({ units }) => units));
  const rest = Object.keys(state.units).filter((unit) => !grouped.has(unit));
  const groups = (state.groups ?? []).filter(({ units }) => units.length > 0);
  const counted = (name: string, units: readonly string[]): string[] => {
    const counts: Partial<Record<PublishedResult, number>> = {};
    for (const unit of units) counts[state.units[unit]!] = (counts[state.units[unit]!] ?? 0) + 1;
    const bases = units.map((unit) => state.basis[unit] ?? 'NOT_STATED');
    return [
      name,
      both(basesText(bases)),
      ...results.map((result) => String(counts[result] ?? 0)),
      String(units.length),
    ];
  };
  const dues = Object.entries(state.dues ?? {}).sort(([a, dueA], [b, dueB]) =>
    dueA === dueB ? (a < b ? -1 : 1) : dueA < dueB ? -1 : 1,
  );
  const late = (due: Instant) => (due < at ? daysBetween(localDate(due, zone), localDate(at, zone)) : 0);
  const due = dues
    .slice(0, SHOWN)
    .map(([unit, when]) => [
      unit,
      both(RESULT_WORDS[state.units[unit]!]),
      both(BASIS_WORDS[state.basis[unit] ?? 'NOT_STATED']),
      localText(when, zone),
      late(when) > 0 ? String(late(when)) : '-',
    ]);
  return [
    '### Results ／ 結果',
    '',
    ...table(
      ['', 'basis ／ 基準', ...results.map((result) => both(RESULT_WORDS[result])), 'total ／ 合計'],
      [
        ...groups.map(({ name, units }) => counted(both(name), units)),
        ...(groups.length > 0 && rest.length > 0 ? [counted('other ／ その他', rest)] : []),
        counted('total ／ 合計', Object.keys(state.units)),
      ],
    ),
    ...(due.length > 0
      ? [
          `### Next deadlines, as of ${localText(at, zone)} ／ 次の期限（${localText(at, zone)} 現在）`,
          '',
          ...table(['unit ／ 対象', 'result ／ 結果', 'basis ／ 基準', 'due ／ 期限', 'overdue days ／ 超過日数'], due),
        ]
      : []),
    ...(dues.length > SHOWN
      ? [
          `+ ${dues.length - SHOWN} ／ ほか ${dues.length - SHOWN} 対象: \`npx hikeshi round status ${state.incident}\``,
          '',
        ]
      : []),
  ].join('\n');
}
