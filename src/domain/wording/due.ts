import { dateText } from '../date.js';
import type { Sentence } from '../sentence.js';

/** A day by which something is due, as deadlines tell it: `date` and `lastOpenDay` of `Deadline`. */
export interface DueDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** The last bank day up to and including it. */
  readonly lastOpenDay?: string | null | undefined;
}

/** A due day with its weekday and, where it is no bank day, the last bank day before it. */
export function dueText({ date, lastOpenDay }: DueDay): Sentence {
  const day = dateText(date);
  if (lastOpenDay == null || lastOpenDay === date) return day;
  const bankDay = dateText(lastOpenDay);
  return {
    ja: `${day.ja}（銀行休業日のため、最終の銀行営業日は${bankDay.ja}）`,
    en: `${day.en} (not a bank day; the last bank day is ${bankDay.en})`,
  };
}
