import fs from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';
import { runDrill, type DrillOptions } from '../../src/drill/main.js';
import type { PolicyName } from '../../src/drill/script.js';
import { drillGround, silent } from '../support/drillGround.js';

type DrillResult = Awaited<ReturnType<typeof runDrill>>[number];

const PLAYBOOK = path.join(PROJECT_ROOT, 'playbooks/yucho-2020');
const place = drillGround();
const { folder } = place;

async function drill(policy: PolicyName, options: Partial<DrillOptions> = {}): Promise<DrillResult> {
  const { config, ground } = place;
  const [result] = await runDrill({ config, ground, policies: [policy], log: silent, ...options });
  return result!;
}

/** A copy of the playbook in which one text of one file is another one. */
function changedPlaybook(name: string, file: string, change: (text: string) => string): string {
  const copy = path.join(folder, name);
  fs.cpSync(PLAYBOOK, copy, { recursive: true });
  const changed = path.join(copy, file);
  const text = fs.readFileSync(changed, 'utf8');
  const after = change(text);
  expect(after).not.toBe(text);
  fs.writeFileSync(changed, after);
  return copy;
}

const differing = ({ comparison }: DrillResult) => comparison.filter(({ equal }) => !equal).map(({ line }) => line);
const kindsOn = ({ timeline }: DrillResult, kind: string) =>
  timeline.filter((line) => line.kind === kind).map(({ entity, effective_at }) => `${entity} ${effective_at}`);

test('as it happened: the end state of 2020 that was published, and the alarms that nobody heeded', async () => {
  const out = path.join(folder, 'out');
  const result = await drill('as-happened', { out });

  // DOMAIN 4.2, `services` and EXT, and 4.1; written here by hand, not read from the playbook.
  expect(result.endState.services).toEqual({
    mijica_transfer: { state: 'SUSPENDED', since: '2020-09-16' },
    mijica_web: { state: 'SUSPENDED', since: '2020-10-03' },
    mijica_debit: { state: 'ACTIVE' },
    yucho_pay: { state: 'ACTIVE' },
    jp_bank_card: { state: 'ACTIVE' },
    payment_links_stopped_as_of_2020_09_24: 10,
  });
  expect(result.endState.ext).toEqual({
    mijica_transfer_stop_time: '2020-09-16T20:45+09:00',
    mijica_new_issue: { state: 'SUSPENDED', since: '2020-10-03' },
  });
  expect(result.endState.waves).toMatchObject({
    victims: 54,
    after_last_half_measure: 43,
    share_after_last_half_measure: 79.6,
    spared: 0,
    amount: 3_322_000,
  });
  const fire = 'containment/B/mijica-transfer';
  expect(kindsOn(result, 'alarm.decisionOverdue')).toContain(`${fire} 2020-08-09T05:00:00.000Z`);
  expect(kindsOn(result, 'alarm.tripwire')).toContain(`${fire} 2020-09-06T06:00:00.000Z`);
  expect(kindsOn(result, 'alarm.redecisionOverdue')).toContain(`${fire} 2020-09-12T09:00:00.000Z`);
  expect(
    result.timeline.some(
      ({ kind, effective_at, content }) =>
        kind === 'alarm.dutyOverdue' &&
        effective_at === '2020-08-10T01:00:00.000Z' &&
        (content as { duty: string }).duty === 'lossDisclosureDecision',
    ),
  ).toBe(true);
  // Nothing acts by itself.
  expect(result.timeline.filter(({ kind }) => kind === 'suspendedByPolicy')).toEqual([]);
  expect(differing(result)).toEqual([]);
  expect(result.equal).toBe(true);
  expect(fs.readdirSync(path.join(out, 'as-happened')).sort()).toEqual([
    'comparison.json',
    'end-state.json',
    'report.md',
    'timeline.jsonl',
  ]);
}, 120_000);

test('as designed: the transfer stops four hours after the first loss, and fifty people are spared', async () => {
  const result = await drill('as-designed');
  expect(result.endState.services['mijica_transfer']).toEqual({ state: 'SUSPENDED', since: '2020-08-09' });
  expect(result.endState.ext['mijica_transfer_stop_time']).toBe('2020-08-09T14:00+09:00');
  expect(result.endState.waves).toMatchObject({ attempts: 54, victims: 4, spared: 50 });
  expect(differing(result)).toEqual([]);
  expect(result.equal).toBe(true);

  // Played again, with one row of the register lost at its end: the same story, and the comparison names what is missing.
  const again = await drill('as-designed', {
    async beforeReading({ store }) {
      const { numDeletedRows } = await store.db
        .deleteFrom('function_state')
        .where('target', '=', 'mijica-transfer')
        .executeTakeFirstOrThrow();
      expect(Number(numDeletedRows)).toBe(1);
    },
  });
  const lines = (drilled: DrillResult) => drilled.timeline.map((line) => JSON.stringify(line)).join('\n');
  expect(lines(again)).toBe(lines(result));
  expect(again.equal).toBe(false);
  expect(differing(again)).toEqual(['services.mijica_transfer', 'ext.mijica_transfer_stop_time']);
}, 120_000);

test('events of the playbook are other ones: the comparison names each line that differs, and no other', async () => {
  const playbook = changedPlaybook('changed', 'events.yaml', (text) => {
    // The transfer is stopped a day later; the review of the next morning asks about that stop, and moves with it.
    const later = text
      .replace("at: '2020-09-16T20:45", "at: '2020-09-17T20:45")
      .replace("at: '2020-09-17T10:00", "at: '2020-09-18T10:00");
    // Nobody stops the WEB site.
    return later.slice(0, later.indexOf("  - human: start\n    at: '2020-10-03T21:00"));
  });
  expect(differing(await drill('as-happened', { playbook }))).toEqual([
    'services.mijica_transfer',
    'services.mijica_web',
    'ext.mijica_transfer_stop_time',
    'ext.mijica_new_issue',
  ]);
}, 120_000);
