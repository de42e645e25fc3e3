import { earliest, type Instant } from '../instant.js';
import type { Deadline } from './value.js';

/** A promised day that people are reminded of: worked out on a calendar by an activity, followed by a job. */
export interface Watched {
  readonly due: Deadline;
  /** Still to come, in order. */
  readonly reminders: readonly Instant[];
  /** Absent once it was escalated. */
  readonly escalateAt?: Instant;
  readonly standing: 'ON_TRACK' | 'AT_RISK' | 'MISSED';
}

export interface Struck {
  readonly what: 'reminded' | 'missed' | 'escalated';
  /** When it was due to happen. */
  readonly at: Instant;
  readonly watched: Watched;
}

/** When it next has to be looked at. */
export function nextStrike({ due, reminders, escalateAt, standing }: Watched): Instant | undefined {
  return earliest(reminders[0], standing === 'MISSED' ? escalateAt : due.at);
}

/**
 * What is due now: a reminder, with the last of which the day is at risk; the day itself, missed once its last instant has
 * come; then its escalation.
 */
export function strike(watched: Watched, now: Instant): Struck | undefined {
  const at = nextStrike(watched);
  if (at === undefined || at > now) return undefined;
  const { reminders, standing } = watched;
  const [reminder, ...later] = reminders;
  if (reminder === at) {
    const risk = later.length === 0 && standing === 'ON_TRACK' ? 'AT_RISK' : standing;
    return { what: 'reminded', at, watched: { ...watched, reminders: later, standing: risk } };
  }
  if (standing !== 'MISSED') return { what: 'missed', at, watched: { ...watched, standing: 'MISSED' } };
  const { escalateAt: _escalated, ...rest } = watched;
  return { what: 'escalated', at, watched: rest };
}
