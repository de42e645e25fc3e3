import type { GapCount, GapReviewState } from '../gapReview/state.js';
import { localText } from '../instant.js';
import type { Sentence } from '../sentence.js';
import { arithmeticText } from './arithmetic.js';

/** All sentences that the review of a gap list says to people. */
export function gapReviewWords(state: GapReviewState) {
  const { framework, version, due, zone } = state;
  const until = localText(due.at, zone);
  const list = listText(state);
  return {
    asks: {
      en: `Version "${version}" of the framework ${framework} has items that units of rounds never answered, or answered in an earlier wording. ${list.en} Look at them with "hikeshi framework gaps" and decide, CISO and second line both: askAgain (a new round asks these units) or keep (no new round). Due by ${arithmeticText(due).en}.`,
      ja: `基準 ${framework} の版「${version}」には、点検で未回答の項目か、回答後に文言等が変わった項目があります。${list.ja}hikeshi framework gaps で確認し、セキュリティ責任者とリスク管理・コンプライアンスの二者で、askAgain（新しい点検で照会する）か keep（照会しない）を判断してください。期限の計算: ${arithmeticText(due).ja}。`,
    },
    otherwise: {
      en: `If nobody decides by ${until}, the incident commander is called, and the question stays.`,
      ja: `${until} までに判断がなければ、対策本部長に連絡し、判断待ちのままになります。`,
    },
    overdue: {
      en: `Nobody has decided on the gap list of version "${version}" of the framework ${framework}; it was due ${until}. See to it that the CISO and the second line decide: "hikeshi tasks" has the command.`,
      ja: `基準 ${framework} の版「${version}」の差分は、期限（${until}）を過ぎても判断されていません。セキュリティ責任者とリスク管理・コンプライアンスに判断を求めてください。コマンドは hikeshi tasks に表示されます。`,
    },
    notNow: {
      en: `The gap list of version "${version}" of the framework ${framework} is decided already. A newer version gets a review of its own.`,
      ja: `基準 ${framework} の版「${version}」の差分は判断済みです。さらに新しい版は別に確認します。`,
    },
  };
}

function listText({ openRounds, closedRounds }: GapReviewState): Sentence {
  const parts = [
    { rounds: { en: 'Open rounds', ja: '実施中の点検' }, counted: openRounds },
    { rounds: { en: 'Closed rounds', ja: '終了済みの点検' }, counted: closedRounds },
  ];
  const text = (say: (rounds: Sentence, counted: GapCount) => string) =>
    parts
      .filter(({ counted }) => counted.units > 0)
      .map(({ rounds, counted }) => say(rounds, counted))
      .join('');
  return {
    en: text(
      ({ en }, { units, items, reworded }) =>
        `${en}: ${units} unit(s), ${items} item(s) not answered, ${reworded} reworded. `,
    ).trimEnd(),
    ja: text(
      ({ ja }, { units, items, reworded }) =>
        `${ja}: 対象 ${units}件、未回答 ${items}項目、文言等の変更 ${reworded}項目。`,
    ),
  };
}

/** What follows from the decision; nothing while there is none. */
export function gapReviewNext({ verdict, units }: GapReviewState): Sentence | undefined {
  if (verdict === undefined) return undefined;
  if (verdict === 'keep')
    return {
      en: 'No new round asks these units; the list stays readable with "hikeshi framework gaps".',
      ja: '新しい点検は行いません。差分は hikeshi framework gaps で引き続き確認できます。',
    };
  const plan = `npx hikeshi round plan ROUND --units ${units.join(',')} --target DAY --title-ja TITLE --title-en TITLE --by YOUR-ID --reason WHY`;
  return { en: `Now plan the round: ${plan}`, ja: `次に点検を計画してください: ${plan}` };
}

/** Where the review of a gap list stands. */
export function gapReviewSays(state: GapReviewState): Sentence {
  const { framework, version, due, zone } = state;
  const next = gapReviewNext(state);
  if (next)
    return {
      en: `Gap list of ${framework}, version "${version}": decided. ${next.en}`,
      ja: `基準 ${framework} の版「${version}」の差分: 判断済みです。${next.ja}`,
    };
  const late = state.overdue ? { en: ', which is past', ja: '（超過）' } : { en: '', ja: '' };
  return {
    en: `Gap list of ${framework}, version "${version}": to be decided by ${localText(due.at, zone)}${late.en}.`,
    ja: `基準 ${framework} の版「${version}」の差分: ${localText(due.at, zone)} まで${late.ja}の判断待ちです。`,
  };
}

/** The input names another version than the workflow id. */
export const startUnder = (id: string): Sentence => ({
  en: `The review of this version runs under the workflow id ${id}. Start it again under that id.`,
  ja: `この版の確認のワークフローIDは ${id} です。このIDで起動し直してください。`,
});
