import fs from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { PROJECT_ROOT } from '../../src/config.js';
import { runDrill, type DrillOptions } from '../../src/drill/main.js';
import type { PolicyName } from '../../src/drill/script.js';
import { eventWords } from '../../src/domain/wording/events.js';
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

/** Plays the stops alone, which is quicker. */
function withoutInspection(playbook: string): string {
  fs.rmSync(path.join(playbook, 'inspection.yaml'));
  const file = path.join(playbook, 'expected.yaml');
  const expected = parse(fs.readFileSync(file, 'utf8')) as Record<
    string,
    { inspection?: unknown; alarms: { kind: string }[] }
  >;
  const story = expected['as-happened']!;
  delete story.inspection;
  story.alarms = story.alarms.filter(({ kind }) => !kind.startsWith('alarm.round'));
  fs.writeFileSync(file, stringify(expected));
  return playbook;
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
  // DOMAIN 4.2, `inspection`, to the last number.
  expect(result.endState.inspection).toEqual({
    units_total: 35,
    outside: { code: 6, other_payment: 6, non_payment: 17 },
    code: { SATISFIED: 5, UNDER_EVALUATION: 1 },
    other_payment: { SATISFIED: 3, REMEDIATION_COMMITTED: 1, UNDER_EVALUATION: 1, UNDER_DISCUSSION: 1 },
    non_payment: { NOT_APPLICABLE: 16, SATISFIED: 1 },
    own: {
      instant_transfer_payment: 'SATISFIED',
      instant_transfer_non_payment: 'SATISFIED',
      yucho_pay: 'SATISFIED',
      mijica: { result: 'NOT_SATISFIED', mandatory_items: 22, failing: 14, passing: 8 },
      jp_bank_jcb: 'SATISFIED',
      jp_bank_visa_master: 'SATISFIED',
    },
    totals: {
      SATISFIED: 14,
      UNDER_EVALUATION: 2,
      REMEDIATION_COMMITTED: 1,
      UNDER_DISCUSSION: 1,
      NOT_APPLICABLE: 16,
      NOT_SATISFIED: 1,
    },
    incomplete_providers: 3,
    incomplete_all_suspended: true,
    remediation_due: '2020-12-31',
    balance_auth_providers_in_talks_on_IVR: 1,
    published: '2020-11-09',
    target_was: '2020-10-31',
    slip_calendar_days: 9,
    slip_predicted_before_target: true,
    third_party_opinion: { result: 'FINAL_WITH_EXCEPTIONS', exceptions_all_suspended: true, recommendations: 3 },
  });
  // C5 asks back by mail; the desk reads it, and the answer comes a week later.
  const asksBack = result.timeline.filter(({ entity }) => entity === 'providerInspection/R2020/c5');
  const reply = asksBack.findIndex(({ kind }) => kind === 'replyReceived');
  expect(asksBack[reply]!.effective_at).toMatch(/^2020-10-06T06:/);
  const after = asksBack.slice(reply).map(({ kind }) => kind);
  expect(after.filter((kind) => ['replyReceived', 'repliesRead', 'answered', 'satisfied'].includes(kind))).toEqual([
    ...['replyReceived', 'repliesRead', 'answered', 'satisfied'],
  ]);
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
    'round-report.en.csv',
    'round-report.en.md',
    'round-report.en.pdf',
    'round-report.ja.csv',
    'round-report.ja.md',
    'round-report.ja.pdf',
    'timeline.jsonl',
  ]);
  const written = (name: string) => fs.readFileSync(path.join(out, 'as-happened', name), 'utf8');
  // As the press release prints it: released, with the counts of the published table, and marked as a drill.
  expect(written('round-report.ja.md')).toMatch(/再現・訓練[\s\S]*2020-11-09/);
  expect(written('round-report.en.md')).not.toMatch(/draft/i);
  expect(written('round-report.ja.pdf').slice(0, 5)).toBe('%PDF-');
  // Every alarm and every line has words: no code of ours is left where people read.
  expect(written('report.md')).not.toMatch(/alarm\.|[A-Z]{3,}_[A-Z]|\{"/);
  expect(result.timeline.map(({ kind }) => kind).filter((kind) => eventWords(kind).ja === kind)).toEqual([]);
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
  expect(differing(await drill('as-happened', { playbook: withoutInspection(playbook) }))).toEqual([
    'services.mijica_transfer',
    'services.mijica_web',
    'ext.mijica_transfer_stop_time',
    'ext.mijica_new_issue',
  ]);
}, 120_000);
