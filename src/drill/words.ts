import type { Json } from '../domain/json.js';
import type { Sentence } from '../domain/sentence.js';
import { DUTY_NAMES } from '../domain/wording/duty.js';
import { eventWords } from '../domain/wording/events.js';
import { RESULT_WORDS, SERVICE_STATE_WORDS } from '../domain/wording/inspection.js';
import { OPINION_WORDS } from '../domain/wording/roundReport.js';

/** Sections of the comparison, in their order. */
const SECTIONS: Readonly<Record<string, Sentence>> = {
  services: { ja: 'サービスの最終状態', en: 'Services at the end' },
  ext: { ja: 'そのほかの機能', en: 'Further functions' },
  waves: { ja: '被害', en: 'Losses' },
  inspection: { ja: '総点検', en: 'Inspection' },
  alarms: { ja: '出るはずの警報', en: 'Alarms that must have come' },
};

/** The published keys (DOMAIN 4.2), and the codes in their values, in words. */
const NAMES: Readonly<Record<string, Sentence>> = {
  mijica_transfer: { ja: 'mijica 会員間送金', en: 'mijica, member-to-member transfer' },
  mijica_web: { ja: 'mijica 専用WEBサイト', en: 'mijica, member WEB site' },
  mijica_debit: { ja: 'mijica 決済（デビット）', en: 'mijica, payment by card (debit)' },
  mijica_new_issue: { ja: 'mijica 新規発行', en: 'mijica, new issue' },
  mijica_transfer_stop_time: { ja: 'mijica 会員間送金を止めた時刻', en: 'mijica transfer was stopped at' },
  mijica: { ja: 'mijica', en: 'mijica' },
  yucho_pay: { ja: 'ゆうちょPay', en: 'Yucho Pay' },
  jp_bank_card: { ja: 'JP BANKカード', en: 'JP BANK card' },
  jp_bank_jcb: { ja: 'JP BANKカード（JCB）', en: 'JP BANK card (JCB)' },
  jp_bank_visa_master: { ja: 'JP BANKカード（VISA・Master）', en: 'JP BANK card (VISA, Master)' },
  instant_transfer_payment: { ja: '即時振替（決済）', en: 'instant transfer, payment' },
  instant_transfer_non_payment: { ja: '即時振替（決済以外）', en: 'instant transfer, non-payment' },
  payment_links_stopped_as_of_2020_09_24: {
    ja: '2020-09-24 時点で停止中の口座連携の数',
    en: 'payment links stopped as of 2020-09-24',
  },
  attempts: { ja: '不正送金の試み', en: 'fraud attempts' },
  victims: { ja: '成立した不正送金（件）', en: 'fraud attempts that went through' },
  spared: { ja: '停止により防いだ不正送金（件）', en: 'fraud attempts refused by a stop' },
  amount: { ja: '被害額（円）', en: 'amount lost (yen)' },
  after_last_half_measure: { ja: '部分的な措置のあとに成立（件）', en: 'went through after the half-measure' },
  share_after_last_half_measure: { ja: 'その割合（%）', en: 'their share (%)' },
  units_total: { ja: '点検の対象（先）', en: 'units inspected' },
  outside: { ja: '社外の対象（先）', en: 'outside providers' },
  code: { ja: 'コード決済等', en: 'code payment' },
  other_payment: { ja: 'その他の決済', en: 'other payment' },
  non_payment: { ja: '決済以外', en: 'non-payment' },
  own: { ja: '自社サービス', en: 'own services' },
  totals: { ja: '結果の合計', en: 'results in total' },
  incomplete_providers: { ja: '点検未了の事業者（先）', en: 'providers not finished' },
  incomplete_all_suspended: { ja: '点検未了の先はすべて停止中か', en: 'all of these are suspended' },
  remediation_due: { ja: '約束された改善の期日', en: 'remedy promised by' },
  balance_auth_providers_in_talks_on_IVR: {
    ja: '残高認証の事業者とIVR認証を協議中（先）',
    en: 'in talks on IVR call-back (balance check)',
  },
  third_party_opinion: { ja: '第三者評価', en: 'third-party opinion' },
  published: { ja: '公表日', en: 'published on' },
  target_was: { ja: '完了目標', en: 'target was' },
  slip_calendar_days: { ja: '目標からの遅れ（暦日）', en: 'days after the target' },
  slip_predicted_before_target: { ja: '遅れを目標日前に予測したか', en: 'the slip was predicted before the target' },
  mandatory_items: { ja: '必須項目', en: 'mandatory items' },
  failing: { ja: '未充足', en: 'failing' },
  passing: { ja: '充足', en: 'passing' },
  exceptions_all_suspended: { ja: '除外事項はすべて停止中', en: 'all exceptions suspended' },
  'at least 1': { ja: '1件以上', en: 'at least 1' },
  recommendations: { ja: '提言', en: 'recommendations' },
  ...RESULT_WORDS,
  ...SERVICE_STATE_WORDS,
  ...OPINION_WORDS,
};

/** The comparison by its sections, in their order. */
export function sectionsOf<T extends { readonly line: string }>(
  comparison: readonly T[],
): { name: Sentence; lines: T[] }[] {
  return Object.entries(SECTIONS).flatMap(([section, name]) => {
    const lines = comparison.filter(({ line }) => line.startsWith(`${section}.`));
    return lines.length > 0 ? [{ name, lines }] : [];
  });
}

const same = (text: string): Sentence => ({ ja: text, en: text });

/** What a line of the comparison is about. */
export const lineName = (key: string): Sentence => NAMES[key] ?? same(key.replaceAll('_', ' '));

/** What happened, with the duty that an alarm is about. */
export function eventName(kind: string, duty?: string): Sentence {
  const { ja, en } = eventWords(kind);
  const name = duty === undefined ? undefined : (DUTY_NAMES as Readonly<Record<string, Sentence>>)[duty];
  return name ? { ja: `${ja}: ${name.ja}`, en: `${en}: ${name.en}` } : { ja, en };
}

const LOCAL_TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)([+-]\d\d:\d\d)$/;

/** A value of the end state, for people. */
export function valueWords(value: Json): Sentence {
  if (value === null) return { ja: 'なし', en: 'none' };
  if (typeof value === 'boolean') return value ? { ja: 'はい', en: 'yes' } : { ja: 'いいえ', en: 'no' };
  if (typeof value === 'number') return same(value.toLocaleString('en-US'));
  if (typeof value === 'string') return NAMES[value] ?? same(value.replace(LOCAL_TIME, '$1 $2 $3'));
  if (Array.isArray(value)) return joined(value.map((each) => valueWords(each as Json)));
  const { state, since, result, ...rest } = value as Record<string, Json>;
  const first = state ?? result;
  if (first === undefined) return membersOf(rest);
  const { ja, en } = valueWords(first);
  if (typeof since === 'string') return { ja: `${ja}（${since} から）`, en: `${en} since ${since}` };
  if (Object.keys(rest).length === 0) return { ja, en };
  const more = membersOf(rest);
  return { ja: `${ja}（${more.ja}）`, en: `${en} (${more.en})` };
}

/** In the order of the words, so that what is expected and what was found stand alike. */
function membersOf(members: Readonly<Record<string, Json>>): Sentence {
  const place = (key: string) => ORDER.indexOf(key);
  return joined(
    Object.entries(members)
      .sort(([a], [b]) => place(a) - place(b))
      .map(named),
  );
}

const ORDER = Object.keys(NAMES);

function named([key, value]: [string, Json]): Sentence {
  const name = lineName(key);
  if (value === true) return name;
  const words = valueWords(value);
  return { ja: `${name.ja} ${words.ja}`, en: `${name.en}: ${words.en}` };
}

const joined = (parts: readonly Sentence[]): Sentence => ({
  ja: parts.map(({ ja }) => ja).join('、'),
  en: parts.map(({ en }) => en).join('; '),
});
