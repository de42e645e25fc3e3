import { setTimeout as sleep } from 'node:timers/promises';
import { DAY, plus, HOUR } from '../../src/domain/instant.js';
import type { SuspensionState } from '../../src/domain/suspension.js';
import { publishDocuments } from '../../src/store/documents.js';
import { all, joins, limitedLinks, owns } from '../support/documents.js';
import { expectReadable, refusal, testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();
let bench: Bench;
beforeAll(async () => {
  const owners = ['commander-2', 'commander-3'].map((person) => owns(person, 'transfer-lockout'));
  const change = all(
    ...[
      limitedLinks,
      joins('commander-3', 'incidentCommander'),
      owns('commander-2', 'member-login-detection'),
      ...owners,
    ],
  );
  bench = await ground.open({ change });
});

const approve = { subject: 'approve', verdict: 'approve', by: 'commander-1' };
const LINKS = ['c1', 'c2', 'c3', 'c4', 'c5', 'o1', 'o2', 'o3', 'o5', 'o6'].map((name) => `link-${name}`);

/** The step is refused with a sentence for people, and the register stays as it was. */
async function expectRefused(work: () => Promise<unknown>): Promise<string> {
  const before = await bench.register();
  const refused = await refusal(work());
  expectReadable(refused);
  expect(await bench.register()).toEqual(before);
  return refused.message;
}

test('a proposal is approved, executed, read back, and in force', async () => {
  const id = await bench.propose('whole', ['mijica-transfer']);
  expect(await bench.stage(id)).toBe('PROPOSED');
  expect(await bench.holds('mijica-transfer')).toEqual([]);
  expect(await bench.bank('MIJICA_TRANSFER')).toMatchObject({ status: 'OPEN', applied: 0 });
  expect((await bench.tasks(id)).map(({ subject }) => subject)).toEqual(['approve']);
  const call = (await bench.mails()).find(({ subject }) => subject.includes(`${id} (approve)`));
  expect(call!.to).toContain('commander-1@bank.example');

  const receipt = await bench.decide(id, approve);
  expect(receipt).toMatchObject({ subject: 'approve', by: 'commander-1', complete: true, identity: 'unverified' });
  expect(await bench.kinds(id)).toEqual(['proposed', 'approved', 'ordered', 'verified', 'inForce']);
  expect(await bench.stage(id)).toBe('IN_FORCE');
  expect(await bench.tasks(id)).toEqual([]);
  expect(await bench.bank('MIJICA_TRANSFER')).toMatchObject({ status: 'CLOSED', applied: 1 });
  expect((await bench.line(id, 'verified'))!.content).toMatchObject({
    orderedAt: bench.now,
    executedAt: bench.now,
    verifiedAt: bench.now,
    readBack: 'SUSPENDED',
    order: 1,
  });
  expect(
    await bench.world.outside.attempt('MIJICA_TRANSFER', { requestKey: 'a', amountYen: 1, purpose: 'fraud' }),
  ).toBe(false);
});

test('a stop opens the duties of others, each with its owner and due instant', async () => {
  const id = 'suspension/B/whole';
  const ordered = (await bench.line(id, 'ordered'))!.effective_at;
  expect((await bench.duties(id)).map(({ duty, owner, due }) => [duty, owner, due])).toEqual([
    ['callDeskScript', 'customerService', plus(ordered, 4 * HOUR)],
    ['customerNotice', 'customerService', plus(ordered, 24 * HOUR)],
    ['disclosureDecision', 'pr', plus(ordered, 2 * HOUR)],
    ['filingAssessment', 'compliance', plus(ordered, 24 * HOUR)],
    ['partnerNotice', 'providerManager', plus(ordered, 24 * HOUR)],
    ['stopScreenText', 'customerService', plus(ordered, HOUR)],
  ]);
});

test('a duty that is overdue is alarmed once, by the sweep', async () => {
  await bench.pass('PT2H');
  await bench.sweep();
  await bench.sweep();
  const overdue = (await bench.timeline()).filter(({ kind }) => kind === 'alarm.dutyOverdue');
  expect(overdue.map(({ content }) => content['duty']).sort()).toEqual(['disclosureDecision', 'stopScreenText']);
});

test('a refused proposal does nothing', async () => {
  const id = await bench.propose('refused', ['mijica-web']);
  await bench.decide(id, { ...approve, verdict: 'refuse' });
  expect(await bench.stage(id)).toBe('REFUSED');
  expect(await bench.kinds(id)).toEqual(['proposed', 'refused']);
  expect(await bench.holds('mijica-web')).toEqual([]);
  expect(await bench.bank('MIJICA_WEB')).toMatchObject({ status: 'OPEN', applied: 0 });
});

test('a proposal that nobody decides expires after 24 hours; an approval at that instant comes too late', async () => {
  const id = await bench.propose('expires', ['mijica-web']);
  const other = await bench.propose('expires-by-itself', ['mijica-web']);
  await bench.runner.moveTo(plus(bench.now, 24 * HOUR - 1));
  expect(await bench.stage(id)).toBe('PROPOSED');
  await bench.runner.standAt(plus(bench.now, 1));
  const { message } = await refusal(bench.decide(id, approve));
  expect(message).toContain('expired');
  await bench.pass('PT1H');
  for (const each of [id, other]) {
    expect(await bench.stage(each)).toBe('EXPIRED');
    expect(await bench.kinds(each)).toEqual(['proposed', 'expired']);
  }
  expect(await bench.bank('MIJICA_WEB')).toMatchObject({ status: 'OPEN', applied: 0 });
});

test('ten links are stopped by one suspension, side by side, each with its own proof', async () => {
  const id = await bench.inForce('ten-links', LINKS);
  expect(await bench.stage(id)).toBe('IN_FORCE');
  const verified = (await bench.timeline(id)).filter(({ kind }) => kind === 'verified');
  expect(verified.map(({ entity }) => entity).sort()).toEqual(LINKS.map((link) => `${id}#${link}`).sort());
  const log = await bench.simulatorLog();
  expect(log.orders.filter(({ code }) => code.startsWith('LINK_')).map(({ effect }) => effect)).toEqual(
    Array(10).fill('applied'),
  );
  expect(await bench.bank('LINK_C6')).toMatchObject({ status: 'OPEN', applied: 0 });
  expect(await bench.bank('LINK_O4')).toMatchObject({ status: 'OPEN', applied: 0 });
});

test('a restriction lowers the limit, and the channel refuses above it', async () => {
  const id = await bench.inForce('limit', ['link-c6'], { measure: 'restrict', limitYen: 20_000 });
  expect(await bench.stage(id)).toBe('IN_FORCE');
  expect(await bench.bank('LINK_C6')).toMatchObject({ status: 'LIMITED', limit: 20_000 });
  const pay = (amountYen: number) =>
    bench.world.outside.attempt('LINK_C6', { requestKey: `pay-${amountYen}`, amountYen, purpose: 'customer' });
  expect(await pay(20_000)).toBe(true);
  expect(await pay(20_001)).toBe(false);
  // A restriction opens no duties of a stop.
  expect(await bench.duties(id)).toEqual([]);

  await bench.inForce('limit-lower', ['link-c6'], { measure: 'restrict', limitYen: 5_000 });
  expect(await bench.bank('LINK_C6')).toMatchObject({ status: 'LIMITED', limit: 5_000, applied: 2 });
});

describe('who may decide', () => {
  let id: string;
  beforeAll(async () => {
    id = await bench.propose('who', ['mijica-web'], { by: 'commander-1', failedControl: 'member-login-detection' });
  });
  afterEach(async () => {
    expect(await bench.stage(id)).toBe('PROPOSED');
  });

  test('who proposed cannot approve', async () => {
    expect(await expectRefused(() => bench.decide(id, approve))).toContain('four-eyes');
  });

  test('the owner of the failed control cannot approve, whatever his role', async () => {
    const message = await expectRefused(() => bench.decide(id, { ...approve, by: 'commander-2' }));
    expect(message).toContain('member-login-detection');
  });

  test('another role than the decision table names cannot approve', async () => {
    const message = await expectRefused(() => bench.decide(id, { ...approve, by: 'duty-1' }));
    expect(message).toContain('incident commander');
  });

  test('somebody whom the roster does not know cannot approve', async () => {
    expect(await expectRefused(() => bench.decide(id, { ...approve, by: 'stranger-9' }))).toContain('stranger-9');
  });

  test('a role that is not named for it cannot propose: the run ends as Failed with the sentence', async () => {
    const name = 'suspension/B/by-pr';
    await bench.start(name, {
      v: 1,
      incident: 'B',
      measure: 'suspend',
      targets: ['link-o4'],
      by: 'pr-1',
      reason: 'Because',
    });
    expectReadable(await refusal(bench.handle(name).result()));
    expect(await bench.stage(name)).toBeUndefined();
  });

  test('what nobody could approve begins not at all, nor waits for a day: the run ends as Failed with the way out', async () => {
    const name = 'suspension/B/by-nobody';
    await bench.propose('by-nobody', ['mijica-transfer'], { by: 'commander-1', failedControl: 'transfer-lockout' });
    const refused = await refusal(bench.handle(name).result());
    expectReadable(refused);
    expect(refused.message).toContain('Have somebody else propose it');
    expect(await bench.stage(name)).toBeUndefined();
    // An emergency stop waits for nobody.
    await bench.emergency('by-nobody-now', ['mijica-transfer'], { failedControl: 'transfer-lockout' });
    expect(await bench.stage('suspension/B/by-nobody-now')).toBe('EMERGENCY_IN_FORCE');
  });

  test('nobody lifts what is not in force', async () => {
    const lift = { v: 1, by: 'provider-manager-1', reason: 'The control works' };
    expect(await expectRefused(() => bench.update(id, 'proposeLift', [lift]))).toContain('nothing to lift');
  });
});

describe('what is decided', () => {
  test('a digest of something else is refused with the right one', async () => {
    const id = await bench.propose('digest', ['mijica-new-issue']);
    const [question] = await bench.questions(id);
    const message = await expectRefused(() => bench.decide(id, { ...approve, digest: 'f'.repeat(32) }));
    expect(message).toContain(question!.digest);
  });

  test('a subject that nobody waits for, and a verdict that is none, are refused', async () => {
    const id = 'suspension/B/digest';
    expect(await expectRefused(() => bench.decide(id, { ...approve, subject: 'ratify' }))).toContain('approve');
    expect(await expectRefused(() => bench.decide(id, { ...approve, subject: 'sibling:mijica-web' }))).toContain(
      'approve',
    );
    expect(await expectRefused(() => bench.decide(id, { ...approve, verdict: 'perhaps' }))).toContain(
      'approve, refuse',
    );
  });

  test('the same decision twice gets the first receipt and is one decision', async () => {
    const id = 'suspension/B/digest';
    const digest = (await bench.questions(id))[0]!.digest;
    const first = await bench.decide(id, { ...approve, digest });
    await bench.pass('PT10M');
    const again = await bench.decide(id, { ...approve, digest });
    expect(again).toEqual(first);
    expect(await bench.decisions(id)).toHaveLength(1);
    expect(await bench.bank('MIJICA_NEW_ISSUE')).toMatchObject({ status: 'CLOSED', applied: 1 });
    // Somebody else's is another decision, and comes too late.
    await expectRefused(() => bench.decide(id, { ...approve, by: 'commander-2', digest }));
  });

  test('a decision that arrives before the suspension has opened is answered in a sentence, too', async () => {
    const id = 'suspension/B/early';
    const input = {
      v: 1,
      incident: 'B',
      measure: 'suspend',
      targets: ['yucho-pay'],
      by: 'duty-1',
      reason: 'Losses go on',
    };
    const decision = { v: 1, ...approve, reason: 'It is right', digest: 'unknown-yet' };
    const live = bench.liveClient().workflow;
    const handle = await live.start('suspension', { workflowId: id, taskQueue: 'process', args: [input] });
    expectReadable(await refusal(handle.executeUpdate('decide', { args: [decision] })));
    expect(await bench.stage(id)).toBe('PROPOSED');
    expect(await bench.brokenTasks(id)).toBe(0);
    await handle.terminate();
  });
});

// The last of this file: from here on the world has other people and another table.
test('what is published while a suspension waits is asked at its decision; the terms stay those of its opening', async () => {
  const id = await bench.propose('meanwhile', ['link-o4']);
  const { documents } = bench.world;
  const { roster, decisions, policy } = documents;
  await publishDocuments(
    bench.db,
    {
      ...documents,
      roster: {
        ...roster,
        version: 'commander-1-left',
        people: roster.people.filter((person) => person.id !== 'commander-1'),
      },
      decisions: {
        ...decisions,
        version: 'ciso-approves',
        subjects: {
          ...decisions.subjects,
          'suspension.approve': { ...decisions.subjects['suspension.approve']!, seats: [['ciso']] },
        },
      },
      policy: { ...policy, version: 'daily', suspension: { ...policy.suspension, reviewEvery: 'P1D' as never } },
    },
    bench.now,
  );
  // A worker goes on for a quarter of a second with what was current a moment ago.
  await sleep(300);
  expect(await expectRefused(() => bench.decide(id, approve))).toMatch(/"commander-1".*roster/);
  expect(await expectRefused(() => bench.decide(id, { ...approve, by: 'commander-2' }))).toContain('ciso-1');
  await bench.decide(id, { ...approve, by: 'ciso-1' });
  expect(await bench.stage(id)).toBe('IN_FORCE');
  expect(await bench.decisions(id)).toMatchObject([
    { by: 'ciso-1', role: 'ciso', roster_version: 'commander-1-left', table_version: 'ciso-approves' },
  ]);
  const { terms, review } = await bench.handle(id).query<SuspensionState>('standing');
  expect([terms.policyVersion, review!.due.at]).toEqual([policy.version, plus(bench.now, 7 * DAY)]);
  // What is opened now lives by the policy of now.
  const next = await bench.propose('afterwards', ['yucho-pay']);
  const opened = await bench.handle(next).query<SuspensionState>('standing');
  expect([opened.terms.policyVersion, opened.terms.suspension.reviewEvery]).toEqual(['daily', 'P1D']);
});
