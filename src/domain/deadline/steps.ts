import type { Calendar } from '../calendar.js';
import { dateText, partsOf } from '../date.js';
import { localText, type Duration, type Instant, type Zone } from '../instant.js';
import type { Sentence } from '../sentence.js';

/** The sentences with which a deadline is explained to people who know no law. */

const both = (en: string, ja: string): Sentence => ({ en, ja });

const named = ({ name, id, version }: Calendar): Sentence =>
  both(`${name.en} (${id}, version ${version})`, `${name.ja}のカレンダー（${id}、版 ${version}）`);

export const startsAt = (event: string, start: Instant, date: string, zone: Zone): Sentence => {
  const clock = localText(start, zone).slice(11, 16);
  return both(
    `Counting starts from the event "${event}": ${dateText(date).en}, ${clock} (${zone.name}).`,
    `起点は「${event}」: ${dateText(date).ja}${clock}（${zone.name}）。`,
  );
};

export const onTheClock = (duration: Duration, end: string): Sentence => {
  const { en, ja } = durationText(duration);
  return both(
    `${en} run on the clock, nights, weekends and holidays included: until ${end}. Nothing moves it.`,
    `${ja}を時計どおりに数えます（夜間・週末・祝日も含む）: ${end} まで。休日でも動きません。`,
  );
};

/** `PT72H` is 72 hours as its rule says it, not three days. */
export function durationText(duration: Duration): Sentence {
  const counts = [...duration.matchAll(/(\d+)([DHMS])/g)].map(([, n, unit]) => ({ n: Number(n), ...UNITS[unit!]! }));
  return both(
    counts.map(({ n, en }) => `${n} ${en}${n === 1 ? '' : 's'}`).join(' '),
    counts.map(({ n, ja }) => `${n}${ja}`).join(''),
  );
}

const UNITS: Readonly<Record<string, Sentence>> = {
  D: both('day', '日'),
  H: both('hour', '時間'),
  M: both('minute', '分'),
  S: both('second', '秒'),
};

export const days = {
  included: (n: number, date: string) =>
    both(
      `The day of the start is day 1, so day ${n} is ${dateText(date).en}.`,
      `起点の日を1日目と数えるので、${n}日目は${dateText(date).ja}です。`,
    ),
  midnight: (n: number, date: string) =>
    both(
      `The period begins exactly at midnight, so that day counts as day 1, and day ${n} is ${dateText(date).en}.`,
      `ちょうど午前0時に始まるため、その日を1日目と数え、${n}日目は${dateText(date).ja}です。`,
    ),
  excluded: (n: number, date: string) =>
    both(
      `The day of the start is not counted: day 1 is the day after it, and day ${n} is ${dateText(date).en}.`,
      `初日は数えず、翌日を1日目とします。${n}日目は${dateText(date).ja}です。`,
    ),
};

const count = (n: number) => `${n} ${n === 1 ? 'month' : 'months'}`;

export const months = {
  first: {
    included: (first: string) =>
      both(
        `The day of the start is the first day that is counted: ${dateText(first).en}.`,
        `起点の日から数えます。起算日は${dateText(first).ja}です。`,
      ),
    midnight: (first: string) =>
      both(
        `The period begins exactly at midnight, so that day is the first one that is counted: ${dateText(first).en}.`,
        `ちょうど午前0時に始まるため、その日から数えます。起算日は${dateText(first).ja}です。`,
      ),
    excluded: (first: string) =>
      both(
        `The day of the start is not counted: the first day that is counted is the day after it, ${dateText(first).en}.`,
        `初日は数えません。起算日は翌日の${dateText(first).ja}です。`,
      ),
  },
  before: (n: number, corresponding: string, date: string) =>
    both(
      `${count(n)} by the calendar: the corresponding day is ${dateText(corresponding).en}, and the period ends the day before it, ${dateText(date).en}.`,
      `${n}か月を暦で数えます。起算日に応当する日は${dateText(corresponding).ja}で、期間はその前日の${dateText(date).ja}までです。`,
    ),
  missing: (n: number, day: number, date: string) =>
    both(
      `${count(n)} by the calendar: that month has no day ${day}, so the period ends on its last day, ${dateText(date).en}.`,
      `${n}か月を暦で数えます。その月に${day}日はないため、期間は月の末日の${dateText(date).ja}までです。`,
    ),
};

/** How many holidays are named before the rest is only counted. */
const NAMED = 6;

export function openDays(n: number, date: string, calendar: Calendar, closed: readonly string[]): Sentence {
  const count = Math.abs(n);
  const { en, ja } = named(calendar);
  const list = closed.slice(0, NAMED).map((day) => `${partsOf(day).month}/${partsOf(day).day}`);
  const more = closed.length - list.length;
  const skipped = both(
    list.length === 0
      ? 'Weekends are not counted'
      : `Weekends are not counted, nor are the closed days ${list.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    list.length === 0
      ? '週末は数えません'
      : `週末と休業日（${list.join('、')}${more > 0 ? ` ほか${more}日` : ''}）は数えません`,
  );
  if (n === 0)
    return both(
      `The day of the start itself, or the next open day of ${en}: ${dateText(date).en}.`,
      `起点の日、休業日なら次の営業日: ${dateText(date).ja}（${ja}）。`,
    );
  return both(
    `Only open days of ${en} are counted, and the day of the start is not. ${skipped.en}. Open day ${count} ${n > 0 ? 'after' : 'before'} it is ${dateText(date).en}.`,
    `${ja}で営業日だけを数え、起点の日は数えません。${skipped.ja}。${count}営業日${n > 0 ? '後' : '前'}は${dateText(date).ja}です。`,
  );
}

export const word = {
  lastDay: (text: string, date: string) =>
    both(
      `"${text}" includes its last day, which is ${dateText(date).en}.`,
      `「${text}」はその最後の日を含み、最終日は${dateText(date).ja}です。`,
    ),
  part: (text: string, from: string, until: string) =>
    both(
      `"${text}" is a span of days, from ${dateText(from).en} to ${dateText(until).en}; its last day is due.`,
      `「${text}」は${dateText(from).ja}から${dateText(until).ja}までの期間で、その最後の日を期限とします。`,
    ),
};

export const closing = {
  open: (date: string, calendar: Calendar) =>
    both(
      `${dateText(date).en} is an open day of ${named(calendar).en}.`,
      `${dateText(date).ja}は${named(calendar).ja}で営業日です。`,
    ),
  moved: (date: string, to: string, calendar: Calendar) =>
    both(
      `${dateText(date).en} is closed for ${named(calendar).en}. By the rule the deadline moves to the ${to > date ? 'next' : 'previous'} open day, ${dateText(to).en}.`,
      `${dateText(date).ja}は${named(calendar).ja}で休業日です。規則により${to > date ? '次' : '前'}の営業日、${dateText(to).ja}に移ります。`,
    ),
  stays: (date: string, last: string, calendar: Calendar) =>
    both(
      `Warning: ${dateText(date).en} is closed for ${named(calendar).en}. The deadline does not move. What needs an open day must be done by ${dateText(last).en}.`,
      `注意: ${dateText(date).ja}は${named(calendar).ja}で休業日です。期限は動きません。営業日に行うことは${dateText(last).ja}までに済ませてください。`,
    ),
  unchecked: both(
    'The rule names no calendar, so it was not checked whether that day is open; the deadline does not move.',
    'カレンダーの指定がないため、休業日かどうかは確認していません。期限は動きません。',
  ),
};

export const ends = (date: string, time: string | undefined, zone: Zone): Sentence =>
  time === undefined
    ? both(
        `In time until the end of that day, ${dateText(date).en} (${zone.name}).`,
        `${dateText(date).ja}の終わり（24:00、${zone.name}）までなら期限内です。`,
      )
    : both(
        `In time until ${time} on ${dateText(date).en} (${zone.name}).`,
        `${dateText(date).ja}の${time}（${zone.name}）までなら期限内です。`,
      );

export const isPast: Sentence = both(
  'Warning: that is before the counting starts. Look whether the year is right.',
  '注意: 期限が起点より前になっています。年が正しいか確認してください。',
);
