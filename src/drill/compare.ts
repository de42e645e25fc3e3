import { canonicalJson, type Json } from '../domain/json.js';
import { localDate, type Zone } from '../domain/instant.js';
import type { EndState, TimelineLine } from './endState.js';
import type { Sentence } from '../domain/sentence.js';
import type { Expectation } from './script.js';
import { eventName, lineName } from './words.js';

/** One line of the comparison with what was published. */
export interface Line {
  /** `<section>.<published key>`. */
  readonly line: string;
  readonly name: Sentence;
  readonly expected: Json;
  readonly found: Json;
  readonly equal: boolean;
}

/** Holds the end state and the alarms against the expected ones, line by line; what is not expected is not judged. */
export function compare(expected: Expectation, state: EndState, timeline: readonly TimelineLine[], zone: Zone): Line[] {
  const sections = ['services', 'ext', 'waves', 'inspection'] as const;
  const lines = sections.flatMap((section) =>
    Object.entries(expected[section]).map(([key, value]) =>
      line(`${section}.${key}`, lineName(key), value as Json, (state[section][key] ?? null) as unknown as Json),
    ),
  );
  const alarms = expected.alarms.map((alarm) => {
    const { kind, on, entity, duty, incident } = alarm;
    const found = timeline.filter(
      (entry) =>
        entry.kind === kind &&
        localDate(entry.effective_at, zone) === on &&
        (entity === undefined || entry.entity === entity) &&
        (incident === undefined || entry.incident === incident) &&
        (duty === undefined || (entry.content as { duty?: string }).duty === duty),
    ).length;
    const { ja, en } = eventName(kind, duty);
    const name = { ja: `${on} ${ja}`, en: `${on} ${en}` };
    return {
      line: `alarms.${kind.replace('alarm.', '')}.${on}`,
      name,
      expected: AT_LEAST_ONE,
      found,
      equal: found > 0,
    };
  });
  return [...lines, ...alarms];
}

/** Over no lines at all nothing is proven. */
export const asExpected = (lines: readonly Pick<Line, 'equal'>[]) =>
  lines.length > 0 && lines.every(({ equal }) => equal);

/** What is expected of an alarm. */
export const AT_LEAST_ONE = 'at least 1';

function line(key: string, name: Sentence, expected: Json, found: Json): Line {
  return { line: key, name, expected, found, equal: canonicalJson(expected) === canonicalJson(found) };
}
