import { calendarOf, previousOpen } from '../domain/calendar.js';
import { isDate } from '../domain/date.js';
import type { Deadline, Firmness } from '../domain/deadline.js';
import { endOfLocalDay } from '../domain/deadline/localTime.js';
import { bankDaysFrom } from '../domain/deadline/reminders.js';
import { resolve } from '../domain/deadline/resolve.js';
import { parseRule } from '../domain/deadline/rule.js';
import { readWord } from '../domain/deadline/words.js';
import type { Instant } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import type { AllDocuments } from '../store/documents.js';
import { zoneAt } from './zone.js';

export interface PromisedDay {
  /** Id of the rule, and the fact from which it counts. */
  readonly rule: string;
  readonly startEvent: string;
  readonly firmness: Firmness;
  /** A day `2020-12-31`, or a word such as 12月中. */
  readonly due: string;
  readonly at: Instant;
}

/**
 * The day that somebody promises, with the reminders before it and the escalation after it, in bank days of the policy's
 * calendar (DOMAIN 3.3). A day that is named stays where it is, closed or not.
 * @throws Refusal for a word that is none, and for a day that is past
 */
export function promisedDay(
  documents: AllDocuments,
  { rule, startEvent, firmness, due, at }: PromisedDay,
): { due: Deadline; reminders: Instant[]; escalateAt: Instant } {
  const { policy, calendars } = documents;
  const { calendar, remindAt, remediationReminders, remediationEscalateAfter } = policy.inspection;
  const zone = zoneAt(documents.playbook.zone, at);
  const days = calendarOf(calendars, calendar);
  const shared = { rule, ruleVersion: policy.version, startEvent, firmness };
  const deadline = isDate(due)
    ? named(due)
    : resolve(parseRule({ v: 1, ...shared, counting: 'word', word: asWord(due), calendar }), at, calendars, zone);
  if (deadline.at <= at)
    throw new Refusal({
      en: 'The field "due" must be a day that is still to come. Agree on a later one.',
      ja: '「due」はこれからの日にしてください。後の日を合意してください。',
    });
  return {
    due: deadline,
    reminders: remediationReminders
      .map((offset) => bankDaysFrom(deadline, offset, days, zone, remindAt))
      .filter((reminder) => reminder > at)
      .sort(),
    escalateAt: bankDaysFrom(deadline, remediationEscalateAfter, days, zone, remindAt),
  };

  function named(date: string): Deadline {
    const lastOpenDay = previousOpen(date, days);
    return {
      ...shared,
      start: at,
      counting: 'word',
      at: endOfLocalDay(date, zone),
      date,
      lastOpenDay,
      calendar: { id: days.id, version: days.version },
      arithmetic: `${date}, last open day ${lastOpenDay}`,
    };
  }
}

/** People write "due", so that is the field that is named when it says no day. */
function asWord(due: string): string {
  const { problem } = readWord(due);
  if (!problem) return due;
  throw new Refusal({
    en: `The field "due" must be a day such as 2020-12-31, or ${problem.en}.`,
    ja: `項目「due」は 2020-12-31 のような日付か、${problem.ja}にしてください。`,
  });
}
