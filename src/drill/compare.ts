import { canonicalJson, type Json } from '../domain/json.js';
import { localDate, type Zone } from '../domain/instant.js';
import type { EndState, TimelineLine } from './endState.js';
import type { Expectation } from './script.js';

/** One line of the comparison with what was published. */
export interface Line {
  readonly line: string;
  readonly expected: Json;
  readonly found: Json;
  readonly equal: boolean;
}

/** Holds the end state and the alarms against the expected ones, line by line; what is not expected is not judged. */
export function compare(expected: Expectation, state: EndState, timeline: readonly TimelineLine[], zone: Zone): Line[] {
  const sections = ['services', 'ext', 'waves', 'inspection'] as const;
  const lines = sections.flatMap((section) =>
    Object.entries(expected[section]).map(([key, value]) =>
      line(`${section}.${key}`, value as Json, (state[section][key] ?? null) as unknown as Json),
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
    return { line: `alarms.${kind}.${on}`, expected: 'at least 1', found, equal: found > 0 };
  });
  return [...lines, ...alarms];
}

function line(name: string, expected: Json, found: Json): Line {
  return { line: name, expected, found, equal: canonicalJson(expected) === canonicalJson(found) };
}
