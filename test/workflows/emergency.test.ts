import { HOUR, MINUTE, plus, type Instant } from '../../src/domain/instant.js';
import { at, expectReadable, refusal, testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();
let bench: Bench;
beforeAll(async () => {
  bench = await ground.open();
});

const ratify = (by: string) => ({ subject: 'ratify', verdict: 'ratify', by });
const reverse = (by: string) => ({ subject: 'reverse', verdict: 'reverse', by });
const calls = async (id: string) => (await bench.timeline(id)).filter(({ kind }) => kind === 'secondCalled');
const ratifyDue = async (id: string): Promise<Instant | undefined> =>
  (await bench.questions(id)).find(({ subject }) => subject === 'ratify')?.due;

test('the duty officer alone stops at once, and a second person is called at once', async () => {
  const id = await bench.emergency('at-once', ['link-c1']);
  expect(await bench.kinds(id)).toEqual(['emergencyOrdered', 'ordered', 'secondCalled', 'verified', 'inForce']);
  expect(await bench.stage(id)).toBe('EMERGENCY_IN_FORCE');
  expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'CLOSED', applied: 1 });
  const mail = (await bench.mails()).find(({ subject }) => subject.includes(`${id} (ratify)`));
  expect(mail!.to).toEqual(expect.arrayContaining(['duty-2@bank.example', 'commander-1@bank.example']));
});

test('unratified it calls every 30 minutes for four hours, escalates once, and stays', async () => {
  const id = 'suspension/B/at-once';
  const ordered = bench.now;
  await bench.pass('PT4H');
  expect((await calls(id)).map(({ effective_at }) => effective_at)).toEqual(
    [0, 1, 2, 3, 4, 5, 6, 7].map((n) => plus(ordered, n * 30 * MINUTE)),
  );
  expect(await bench.line(id, 'alarm.ratificationOverdue')).toMatchObject({ effective_at: plus(ordered, 4 * HOUR) });
  await bench.pass('P3D');
  expect((await bench.alarms(id)).filter((kind) => kind === 'alarm.ratificationOverdue')).toHaveLength(1);
  expect(await calls(id)).toHaveLength(8);
  expect(
    (await bench.mails()).some(({ to, subject }) => to.includes('board-1@bank.example') && subject.includes(id)),
  ).toBe(true);
  expect(await bench.stage(id)).toBe('EMERGENCY_IN_FORCE');
  expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'CLOSED', applied: 1 });

  await bench.decide(id, ratify('commander-1'));
  expect(await bench.stage(id)).toBe('IN_FORCE');
  expect(await bench.decisions(id)).toMatchObject([{ subject: 'ratify', late: true }]);
});

test('once ratified nobody is called any more; the duty officer cannot ratify his own stop', async () => {
  const id = await bench.emergency('ratified', ['link-c2']);
  const own = await refusal(bench.decide(id, ratify('duty-1')));
  expectReadable(own);
  expect(own.message).toContain('four-eyes');
  await bench.pass('PT40M');
  await bench.decide(id, ratify('duty-2'));
  expect(await bench.stage(id)).toBe('IN_FORCE');
  expect((await bench.tasks(id)).filter(({ subject }) => subject === 'ratify')).toEqual([]);
  await bench.pass('PT6H');
  expect(await calls(id)).toHaveLength(2);
  expect(await bench.alarms(id)).toEqual([]);
});

test('a wrong target is reversed by the duty officer and a second approver together; one alone does nothing', async () => {
  const id = await bench.emergency('reversed', ['link-c3']);
  const receipt = await bench.decide(id, reverse('duty-1'));
  expect(receipt.complete).toBe(false);
  expect(await bench.stage(id)).toBe('EMERGENCY_IN_FORCE');
  expect(await bench.bank('LINK_C3')).toMatchObject({ status: 'CLOSED' });
  // The same person again, with other words, is still one person.
  expect((await bench.decide(id, { ...reverse('duty-1'), reason: 'Really wrong' })).complete).toBe(false);
  expect(await bench.decisions(id)).toHaveLength(1);
  expectReadable(await refusal(bench.decide(id, reverse('owner-links'))));
  expect(await bench.holds('link-c3')).toEqual([id]);

  expect((await bench.decide(id, reverse('commander-1'))).complete).toBe(true);
  expect(await bench.stage(id)).toBe('REVERSED');
  expect(await bench.holds('link-c3')).toEqual([]);
  expect(await bench.bank('LINK_C3')).toMatchObject({ status: 'OPEN', applied: 2 });
  expect(await bench.tasks(id)).toEqual([]);
  expect((await bench.handle(id).describe()).status.name).toBe('COMPLETED');
});

test('a second approver alone reverses nothing either', async () => {
  const id = await bench.emergency('not-reversed', ['link-c4']);
  expect((await bench.decide(id, reverse('ciso-1'))).complete).toBe(false);
  expect((await refusal(bench.decide(id, reverse('commander-1')))).type).toBe('Refused');
  expect(await bench.bank('LINK_C4')).toMatchObject({ status: 'CLOSED', applied: 1 });
});

test('only a duty officer orders an emergency stop', async () => {
  const id = await bench.emergency('by-commander', ['link-c5'], { by: 'commander-1' });
  expectReadable(await refusal(bench.handle(id).result()));
  expect(await bench.bank('LINK_C5')).toMatchObject({ status: 'OPEN', applied: 0 });
});

test('a stop at night need not be ratified before nine, and never within less than four hours', async () => {
  const day = bench.now.slice(0, 10);
  const tomorrow = (clock: string) => plus(at(`${day}T${clock}+09:00`), 24 * HOUR);
  await bench.runner.moveTo(tomorrow('21:59'));
  expect(await ratifyDue(await bench.emergency('evening', ['link-c6']))).toBe(plus(tomorrow('21:59'), 4 * HOUR));
  await bench.runner.moveTo(tomorrow('22:00'));
  const night = await bench.emergency('night', ['link-o1']);
  const nine = plus(tomorrow('09:00'), 24 * HOUR);
  expect(await ratifyDue(night)).toBe(nine);
  await bench.runner.moveTo(plus(nine, -2.5 * HOUR));
  expect(await ratifyDue(await bench.emergency('dawn', ['link-o2']))).toBe(plus(nine, 1.5 * HOUR));
  await bench.runner.moveTo(plus(nine, -1));
  expect(await bench.alarms(night)).toEqual([]);
  await bench.runner.moveTo(nine);
  expect(await bench.alarms(night)).toEqual(['alarm.ratificationOverdue']);
});
