import { addBusinessDays, type Calendar } from '../calendar.js';
import { daysBetween } from '../date.js';
import { localDate, type Instant, type Zone } from '../instant.js';
import type { InspectionPolicy } from '../policy.js';
import type { Prediction } from './steps.js';

/** A unit without a result, as the register shows it. */
export interface OpenUnit {
  readonly unit: string;
  readonly phase: string;
  readonly nextDue: Instant | null;
}

export interface PredictFrom {
  /** `YYYY-MM-DD`. */
  readonly target: string;
  readonly at: Instant;
  readonly zone: Zone;
  readonly calendar: Calendar;
  readonly inspection: Pick<InspectionPolicy, 'answerWithin' | 'escalateAfter' | 'evaluateWithin'>;
}

/**
 * The day on which the last unit will have a result, if everybody keeps to what is due now: an answer is followed by its
 * evaluation, a follow-up and a discussion by another. Past due instants count from today.
 */
export function predictEnd(units: readonly OpenUnit[], from: PredictFrom): Prediction {
  const open = units.map((unit) => ({ unit: unit.unit, date: lastDay(unit, from) }));
  const date =
    open
      .map((unit) => unit.date)
      .sort()
      .at(-1) ?? localDate(from.at, from.zone);
  return {
    date,
    slipDays: Math.max(0, daysBetween(from.target, date)),
    by: open.filter((unit) => unit.date === date).map(({ unit }) => unit),
  };
}

function lastDay({ phase, nextDue }: OpenUnit, { at, zone, calendar, inspection }: PredictFrom): string {
  const from = localDate(nextDue !== null && nextDue > at ? nextDue : at, zone);
  const evaluated = (day: string) => addBusinessDays(day, inspection.evaluateWithin, calendar);
  switch (phase) {
    case 'ANSWERED':
    case 'UNDER_EVALUATION':
    case 'RE_INSPECTION':
      return from;
    // Nobody knows how long an agreement takes that the limit did not bring.
    case 'ESCALATED':
      return evaluated(addBusinessDays(from, inspection.answerWithin, calendar));
    case 'OVERDUE':
      return evaluated(addBusinessDays(from, inspection.escalateAfter, calendar));
    default:
      return evaluated(from);
  }
}
