import { z } from 'zod';
import { DurationSchema } from '../instant.js';
import { KeyPart } from '../ids.js';
import { parseInput } from '../input.js';
import type { Json } from '../json.js';
import type { Counting } from './value.js';
import { FIRMNESS } from './value.js';
import { readWord } from './words.js';

/** Ten years: what lies further ahead is a date of its own. */
const MAX_DAYS = 3660;
const MAX_OPEN_DAYS = 2600;
const MAX_MONTHS = 120;

const shared = {
  v: z.literal(1),
  /** Id of the rule in its rule pack, and the version of the rule. */
  rule: z.string().min(1).max(100),
  ruleVersion: z.string().min(1).max(100),
  /** The fact from which it counts: `lossConfirmed`, `awareness`, `determination` ... */
  startEvent: z.string().min(1).max(100),
  firmness: z.enum(FIRMNESS),
};

/** The local time that is the last instant in time; without it the whole day is. */
const time = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a local time such as 17:00 ／ 17:00 のような時刻')
  .optional();

const ElapsedRule = z.strictObject({ ...shared, counting: z.literal('elapsed'), duration: DurationSchema });

/** How a period of whole days begins, and where its last day goes. */
const period = {
  /** Where a last day goes that is closed on the calendar. `none`: it stays, and the arithmetic says that it is closed. */
  rollover: z.enum(['none', 'next-open', 'previous-open']),
  calendar: KeyPart.optional(),
  /**
   * Is the day of the start event day 1? `excluded`: never. `excluded-unless-midnight`: only when the period begins at
   * 00:00 (Civil Code art. 140). `included`: always (the day of knowledge in the PPC's guideline).
   */
  firstDay: z.enum(['excluded', 'excluded-unless-midnight', 'included']),
  time,
};
const rollsOnACalendar = ({ rollover, calendar }: { rollover: string; calendar?: string | undefined }) =>
  rollover === 'none' || calendar !== undefined;
const NO_CALENDAR = {
  path: ['calendar'],
  error:
    'given when rollover moves the day, e.g. japan-bank ／ rollover で日を動かすときは指定が必要です。japan-bank など',
};

const CalendarDaysRule = z
  .strictObject({
    ...shared,
    counting: z.literal('calendar-days'),
    days: z.number().int().min(1).max(MAX_DAYS),
    ...period,
  })
  .refine(rollsOnACalendar, NO_CALENDAR);

/**
 * Months by the calendar (Civil Code art. 143): the period ends on the day before the one in the last month that
 * corresponds to its first day; where there is none, on that month's last day.
 */
const MonthsRule = z
  .strictObject({
    ...shared,
    counting: z.literal('months'),
    months: z.number().int().min(1).max(MAX_MONTHS),
    ...period,
  })
  .refine(rollsOnACalendar, NO_CALENDAR);

const BusinessDaysRule = z.strictObject({
  ...shared,
  counting: z.literal('business-days'),
  /** Open days after the day of the start event, which is not counted; before it for a negative number. */
  days: z.number().int().min(-MAX_OPEN_DAYS).max(MAX_OPEN_DAYS),
  calendar: KeyPart,
  time,
});

const WordRule = z.strictObject({
  ...shared,
  counting: z.literal('word'),
  /** 10月末, 12月中, 9月中旬, 年内, 30日以内, by mid-September ... (words.ts). */
  word: z
    .string()
    .max(60)
    .superRefine((text, context) => {
      const { problem } = readWord(text);
      if (problem) context.addIssue({ code: 'custom', message: `${problem.en} ／ ${problem.ja}` });
    }),
  calendar: KeyPart,
  time,
});

const BY_COUNTING = {
  elapsed: ElapsedRule,
  'calendar-days': CalendarDaysRule,
  months: MonthsRule,
  'business-days': BusinessDaysRule,
  word: WordRule,
} as const;

/** A rule by which deadlines are made: data of a framework, a policy or a rule pack. */
export const DeadlineRuleSchema = z.discriminatedUnion('counting', [
  ElapsedRule,
  CalendarDaysRule,
  MonthsRule,
  BusinessDaysRule,
  WordRule,
]);
export type DeadlineRule = z.output<typeof DeadlineRuleSchema>;

export type CalendarDaysRule = z.output<typeof CalendarDaysRule>;
export type MonthsRule = z.output<typeof MonthsRule>;
export type BusinessDaysRule = z.output<typeof BusinessDaysRule>;
export type WordRule = z.output<typeof WordRule>;

const example = (rule: string, startEvent: string, counting: Counting, more: Record<string, Json>): Json => ({
  v: 1,
  rule,
  ruleVersion: '1',
  startEvent,
  firmness: 'target',
  counting,
  ...more,
});

/** A right rule of each counting, shown when one is wrong. */
export const RULE_EXAMPLES: Readonly<Record<Counting, Json>> = {
  elapsed: example('gdpr-33', 'awareness', 'elapsed', { duration: 'PT72H' }),
  'calendar-days': example('ppc-final', 'awareness', 'calendar-days', {
    days: 30,
    rollover: 'next-open',
    calendar: 'japan-government',
    firstDay: 'included',
  }),
  months: example('claim-period', 'noticeReceived', 'months', {
    months: 3,
    rollover: 'next-open',
    calendar: 'japan-bank',
    firstDay: 'excluded-unless-midnight',
  }),
  'business-days': example('provider-answer', 'requested', 'business-days', { days: 10, calendar: 'japan-bank' }),
  word: example('round-target', 'announced', 'word', { word: '10月末', calendar: 'japan-bank' }),
};

const CountingOnly = z.looseObject({
  counting: z.enum(['elapsed', 'calendar-days', 'months', 'business-days', 'word']),
});

/** Reads a rule as people write it. @throws Refusal naming the field, with a right rule of the same counting */
export function parseRule(input: unknown): DeadlineRule {
  // Which fields a rule has depends on its counting, so that is asked for first.
  const { counting } = parseInput(CountingOnly, input, RULE_EXAMPLES.word);
  return parseInput<DeadlineRule>(BY_COUNTING[counting], input, RULE_EXAMPLES[counting]);
}
