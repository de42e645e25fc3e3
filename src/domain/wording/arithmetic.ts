import { weekdayName } from '../date.js';
import { durationText } from '../deadline/steps.js';
import type { Deadline } from '../deadline/value.js';
import type { Duration } from '../instant.js';
import type { Sentence } from '../sentence.js';

/** A calendar as a formula names it, with its version. */
const CALENDAR = '(.+?)(?=,|;| =| ->|$)';

/** The words of a formula (`deadline/resolve.ts`, `deadline/elapsed.ts`), the longer ones first. */
const JAPANESE: readonly (readonly [RegExp, string])[] = [
  [/= day 1, (\d+) months? =/g, '= 起算日、$1か月 ='],
  [/, the last day of its month/g, '（その月の末日）'],
  [/= day 1, day (\d+) =/g, '= 1日目、$1日目 ='],
  [new RegExp(`([+-]) (\\d+) open days of ${CALENDAR}`, 'g'), '$1 $2営業日（$3）'],
  [/([+-]) (\d+) days/g, '$1 $2日'],
  [new RegExp(`closed on ${CALENDAR}, stays, last open day =`, 'g'), '休業日（$1）でも動かない、最終の営業日 ='],
  [new RegExp(`closed on ${CALENDAR}, next open day =`, 'g'), '休業日（$1）、次の営業日 ='],
  [new RegExp(`closed on ${CALENDAR}, previous open day =`, 'g'), '休業日（$1）、前の営業日 ='],
  [new RegExp(`open on ${CALENDAR}`, 'g'), '営業日（$1）'],
  [/, last open day /g, '、最終の営業日 '],
  [/; max =/g, '; 遅い方 ='],
  [/; /g, '。'],
  [/ -> /g, ' → '],
];

/**
 * How a deadline was counted, in one line for people. The formula of a deadline is kept in one form, for programs and for
 * who compares two; here it is in the words of each language.
 */
export function arithmeticText({ arithmetic }: Pick<Deadline, 'arithmetic'>): Sentence {
  const said = (lang: keyof Sentence) =>
    arithmetic.replace(/\bP(?:\d+D)?(?:T(?:\d+[HMS])+)?\b/g, (duration) => durationText(duration as Duration)[lang]);
  const ja = JAPANESE.reduce((text, [words, by]) => text.replace(words, by), said('ja')).replace(
    /(\d{4}-\d{2}-\d{2}) \([A-Z][a-z]{2}\)/g,
    (_, date: string) => `${date}（${weekdayName(date).ja.slice(0, 1)}）`,
  );
  return { ja, en: said('en') };
}
