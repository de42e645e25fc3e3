import type { DutyReceipt } from '../../src/domain/duty.js';
import { HOUR, plus } from '../../src/domain/instant.js';
import { expectReadable, refusal, testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();
let bench: Bench;
beforeAll(async () => {
  bench = await ground.open();
});

const dutyOf = async (id: string, kind: string) => (await bench.duties(id)).find(({ duty }) => duty === kind)!;
const close = (id: string, duty: string, by: string, reason = 'It is done') =>
  bench.update<DutyReceipt>(id, 'closeDuty', [{ v: 1, duty, by, reason }]);
const dutyTasks = () =>
  bench.db
    .selectFrom('task')
    .select('subject')
    .where('subject', 'like', 'duty:%')
    .where('closed_at', 'is', null)
    .execute();

test('the owner closes a duty of a stop in time: one line, one row, and the stop stands as before', async () => {
  const id = await bench.inForce('in-time', ['link-c1']);
  const duty = await dutyOf(id, 'customerNotice');
  const before = { stage: await bench.stage(id), attributes: await bench.attributes(id) };
  const lines = (await bench.kinds(id)).length;

  const receipt = await close(id, duty.id, 'customer-service-1');
  expect(receipt).toMatchObject({ duty: duty.id, role: 'customerService', closedAt: bench.now, late: false });
  expect((await bench.kinds(id)).slice(lines)).toEqual(['dutyClosed']);
  expect(await dutyOf(id, 'customerNotice')).toMatchObject({ closed_at: bench.now, alarmed_at: null });
  expect((await bench.duties(id)).filter(({ closed_at }) => closed_at)).toHaveLength(1);
  expect({ stage: await bench.stage(id), attributes: await bench.attributes(id) }).toEqual(before);
});

test('closed twice, by whomever, it gives the first receipt and writes nothing', async () => {
  const id = 'suspension/B/in-time';
  const duty = await dutyOf(id, 'customerNotice');
  const before = await bench.register();
  const again = await close(id, duty.id, 'pr-1', 'Me too');
  expect(again).toMatchObject({ by: 'customer-service-1', closedAt: duty.closed_at });
  expect(await bench.register()).toEqual(before);
});

test('another role, an unknown person, an unknown duty and wrong JSON are refused with a sentence; nothing changes', async () => {
  const id = 'suspension/B/in-time';
  const duty = await dutyOf(id, 'partnerNotice');
  const before = await bench.register();
  const wrong = await refusal(close(id, duty.id, 'commander-1'));
  expectReadable(wrong);
  expect(wrong.message).toMatch(/does not hold a role.*provider manager \(provider-manager-1\)/);
  expectReadable(await refusal(close(id, duty.id, 'nobody')));
  expectReadable(await refusal(close(id, `${id}#99.1`, 'provider-manager-1')));
  expectReadable(await refusal(bench.update(id, 'closeDuty', [])));
  expectReadable(await refusal(bench.update(id, 'closeDuty', [{ v: 1, duty: duty.id, by: 'provider-manager-1' }])));
  expect(await bench.register()).toEqual(before);
  expect(await bench.brokenTasks(id)).toBe(0);
});

test('an overdue duty calls its owner; closed late it is recorded as late, and nobody is called any more', async () => {
  const id = 'suspension/B/in-time';
  const duty = await dutyOf(id, 'disclosureDecision');
  await bench.runner.moveTo(plus(duty.due, 2 * HOUR));
  await bench.sweep();
  expect(await dutyTasks()).toContainEqual({ subject: `duty:${duty.id}` });
  expect(await dutyTasks()).not.toContainEqual({ subject: `duty:${(await dutyOf(id, 'customerNotice')).id}` });

  const receipt = await close(id, duty.id, 'pr-1');
  expect(receipt).toMatchObject({ late: true, closedAt: bench.now });
  expect((await bench.line(id, 'dutyClosed'))!.content).toMatchObject({ late: false });
  const line = (await bench.timeline(id)).findLast(({ kind }) => kind === 'dutyClosed')!;
  expect(line).toMatchObject({ entity: `duty/${duty.id}`, content: { late: true, by: 'pr-1', due: duty.due } });
  expect(await dutyTasks()).not.toContainEqual({ subject: `duty:${duty.id}` });
  await bench.sweep();
  expect(await dutyTasks()).not.toContainEqual({ subject: `duty:${duty.id}` });
});

test('the duty of a confirmed loss is closed on its containment, and the decision waits on', async () => {
  const id = await bench.loss('mijica-transfer', 'case-1');
  const duty = await dutyOf(id, 'lossDisclosureDecision');
  expect(await close(id, duty.id, 'pr-1')).toMatchObject({ late: false });
  expect(await bench.stage(id)).toBe('DECIDING');
  expect((await bench.questions(id)).map(({ subject }) => subject)).toEqual(['decide']);
  expect(await dutyOf(id, 'lossDisclosureDecision')).toMatchObject({ closed_at: bench.now });
});

test('a run that goes on from the register still knows what is closed and what is not', async () => {
  const id = await bench.emergency('resumed', ['link-c2']);
  const [first, second] = [await dutyOf(id, 'customerNotice'), await dutyOf(id, 'callDeskScript')];
  const receipt = await close(id, first.id, 'customer-service-1');
  await bench.handle(id).terminate('a mistake in the Web UI');
  await bench.startRaw(id, [{ v: 1, resume: true }]);
  await bench.pass('PT1M');
  expect(await close(id, first.id, 'customer-service-1', 'Again')).toEqual(receipt);
  expect(await close(id, second.id, 'customer-service-1')).toMatchObject({ duty: second.id });
});
