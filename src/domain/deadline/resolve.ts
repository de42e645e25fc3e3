import { addBusinessDays, calendarOf, closedBetween, nextOpen, previousOpen } from '../calendar.js';
import type { Calendar, Calendars } from '../calendar.js';
import { addDays, dateOf, lastOfMonth, partsOf, shortDate } from '../date.js';
import { localDate, localText, type Instant, type Zone } from '../instant.js';
import { Refusal } from '../refusal.js';
import type { Sentence } from '../sentence.js';
import { elapsed } from './elapsed.js';
import { atLocalTime, endOfLocalDay, isLocalMidnight } from './localTime.js';
import type { BusinessDaysRule, CalendarDaysRule, DeadlineRule, MonthsRule, WordRule } from './rule.js';
import * as steps from './steps.js';
import type { Deadline } from './value.js';
import { wordDates } from './wordDates.js';
import { readWord } from './words.js';

/** A deadline, and how it was counted in sentences, in the order of counting. */
export interface Explained {
  readonly deadline: Deadline;
  readonly steps: readonly Sentence[];
}

/**
 * The deadline that a rule gives from a start. Calendar days, months and words are days in the zone's local time; a day ends with
 * its last millisecond there, unless the rule has a time. Hours never roll over (DOMAIN 2.1).
 * @param calendars by id; the one that the rule names must be among them
 * @throws Refusal for a calendar that is missing or does not reach far enough, and for a word that has passed
 */
export function resolve(rule: DeadlineRule, start: Instant, calendars: Calendars, zone: Zone): Deadline {
  return explain(rule, start, calendars, zone).deadline;
}

/** The same with its steps, for people. @throws Refusal as `resolve` */
export function explain(rule: DeadlineRule, start: Instant, calendars: Calendars, zone: Zone): Explained {
  const from: From = { start, date: localDate(start, zone), calendars, zone };
  const begins = steps.startsAt(rule.startEvent, start, from.date, zone);
  if (rule.counting === 'elapsed') {
    const { rule: id, ruleVersion, startEvent, firmness } = rule;
    const deadline = { ...elapsed({ rule: id, ruleVersion, startEvent }, start, rule.duration, zone), firmness };
    return {
      deadline,
      steps: [begins, steps.onTheClock(rule.duration, localText(deadline.at, zone))],
    };
  }
  const found = dayOf(rule, from);
  const at = rule.time === undefined ? endOfLocalDay(found.date, zone) : atLocalTime(found.date, rule.time, zone);
  const { calendar, interval } = found;
  return {
    deadline: {
      rule: rule.rule,
      ruleVersion: rule.ruleVersion,
      startEvent: rule.startEvent,
      start,
      counting: rule.counting,
      firmness: rule.firmness,
      at,
      arithmetic: `${found.formula.join('; ')} -> ${localText(at, zone)}`,
      ...(calendar && {
        calendar: { id: calendar.id, version: calendar.version },
        lastOpenDay: previousOpen(found.date, calendar),
      }),
      date: found.date,
      ...(interval && { interval }),
    },
    steps: [
      begins,
      ...found.steps,
      steps.ends(found.date, rule.time, zone),
      ...(rule.counting === 'word' && at < start ? [steps.isPast] : []),
    ],
  };
}

interface From {
  readonly start: Instant;
  /** The local day of the start. */
  readonly date: string;
  readonly calendars: Calendars;
  readonly zone: Zone;
}

/** The day on which a deadline falls, before its time of day. */
interface Day {
  readonly date: string;
  readonly calendar?: Calendar;
  readonly interval?: Deadline['interval'];
  readonly formula: readonly string[];
  readonly steps: readonly Sentence[];
}

function dayOf(rule: CalendarDaysRule | MonthsRule | BusinessDaysRule | WordRule, from: From): Day {
  switch (rule.counting) {
    case 'months':
      return months(rule, from);
    case 'calendar-days':
      return calendarDays(rule, from);
    case 'business-days':
      return businessDays(rule.days, calendarOf(from.calendars, rule.calendar), from);
    case 'word':
      return wordDay(rule, from);
  }
}

function calendarDays({ days, firstDay, rollover, calendar: id }: CalendarDaysRule, from: From): Day {
  const calendar = id === undefined ? undefined : calendarOf(from.calendars, id);
  const { first, how } = firstCounted(firstDay, from);
  const date = addDays(first, days - 1);
  const formula =
    how === 'excluded'
      ? `${shortDate(from.date)} + ${days} days = ${shortDate(date)}`
      : `${shortDate(from.date)} = day 1, day ${days} = ${shortDate(date)}`;
  const closed = closing(date, rollover, calendar);
  return { ...closed, formula: [formula, ...closed.formula], steps: [steps.days[how](days, date), ...closed.steps] };
}

/** The first day that is counted (Civil Code art. 140). */
function firstCounted(firstDay: CalendarDaysRule['firstDay'], { date, start, zone }: From) {
  if (firstDay === 'included') return { first: date, how: 'included' } as const;
  const midnight = firstDay === 'excluded-unless-midnight' && isLocalMidnight(start, zone);
  return midnight
    ? ({ first: date, how: 'midnight' } as const)
    : ({ first: addDays(date, 1), how: 'excluded' } as const);
}

function months({ months: n, firstDay, rollover, calendar: id }: MonthsRule, from: From): Day {
  const calendar = id === undefined ? undefined : calendarOf(from.calendars, id);
  const { first, how } = firstCounted(firstDay, from);
  const { year, month, day } = partsOf(first);
  const last = lastOfMonth(year, month + n);
  const corresponding = dateOf(year, month + n, day);
  const there = corresponding <= last;
  const date = there ? addDays(corresponding, -1) : last;
  const formula = `${shortDate(first)} = day 1, ${n} ${n === 1 ? 'month' : 'months'} = ${shortDate(date)}`;
  const closed = closing(date, rollover, calendar);
  return {
    ...closed,
    formula: [there ? formula : `${formula}, the last day of its month`, ...closed.formula],
    steps: [
      steps.months.first[how](first),
      there ? steps.months.before(n, corresponding, date) : steps.months.missing(n, day, date),
      ...closed.steps,
    ],
  };
}

function businessDays(n: number, calendar: Calendar, from: From): Day {
  const date = addBusinessDays(from.date, n, calendar);
  const closed = n < 0 ? closedBetween(date, from.date, calendar) : closedBetween(from.date, date, calendar);
  const { id, version } = calendar;
  return {
    date,
    calendar,
    formula: [
      `${shortDate(from.date)} ${n < 0 ? '-' : '+'} ${Math.abs(n)} open days of ${id} ${version} = ${shortDate(date)}`,
    ],
    steps: [steps.openDays(n, date, calendar, closed)],
  };
}

function wordDay(rule: WordRule, from: From): Day {
  const calendar = calendarOf(from.calendars, rule.calendar);
  const { word, problem } = readWord(rule.word);
  if (problem)
    throw new Refusal({
      en: `The field "word" must be ${problem.en}.`,
      ja: `項目「word」は、${problem.ja}にしてください。`,
    });
  if (word.kind === 'businessDays') return businessDays(word.days, calendar, from);
  if (word.kind === 'days')
    return calendarDays(
      { ...rule, counting: 'calendar-days', days: word.days, rollover: 'none', firstDay: 'excluded-unless-midnight' },
      from,
    );
  const { from: first, until, taken } = wordDates(word, from.date);
  const part = word.kind === 'month' && word.part !== undefined;
  const said = rule.word.trim();
  const closed = closing(until, 'none', calendar);
  return {
    ...closed,
    ...(part && { interval: { from: first, until } }),
    formula: [`${said} = ${part ? `${shortDate(first)}..` : ''}${shortDate(until)}`, ...closed.formula],
    steps: [
      ...(taken ? [taken] : []),
      part ? steps.word.part(said, first, until) : steps.word.lastDay(said, until),
      ...closed.steps,
    ],
  };
}

/** What becomes of a last day that is closed. */
function closing(date: string, rollover: CalendarDaysRule['rollover'], calendar: Calendar | undefined): Day {
  if (!calendar) return { date, formula: [], steps: [steps.closing.unchecked] };
  const by = `${calendar.id} ${calendar.version}`;
  const last = previousOpen(date, calendar);
  if (last === date) return { date, calendar, formula: [`open on ${by}`], steps: [steps.closing.open(date, calendar)] };
  if (rollover === 'none')
    return {
      date,
      calendar,
      formula: [`closed on ${by}, stays, last open day = ${shortDate(last)}`],
      steps: [steps.closing.stays(date, last, calendar)],
    };
  const moved = rollover === 'next-open' ? nextOpen(date, calendar) : last;
  return {
    date: moved,
    calendar,
    formula: [`closed on ${by}, ${rollover === 'next-open' ? 'next' : 'previous'} open day = ${shortDate(moved)}`],
    steps: [steps.closing.moved(date, moved, calendar)],
  };
}
