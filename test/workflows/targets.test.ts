import { MINUTE, plus } from '../../src/domain/instant.js';
import type { SuspensionState } from '../../src/domain/suspension.js';
import { all, byHand, functions, patience } from '../support/documents.js';
import { testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();
let bench: Bench;
beforeAll(async () => {
  bench = await ground.open({
    change: all(
      patience(1),
      byHand((id) => id === 'mijica-new-issue' || id === 'mijica-web'),
      // The bank makes cards as they are named; one that it does not know is refused.
      functions((id) => id === 'jp-bank-card', { kind: 'card', external: { code: 'CARD' } }),
    ),
  });
});

const person = (target: string, verdict: string) => ({ subject: `target:${target}`, verdict, by: 'duty-1' });
const target = async (id: string, name: string) =>
  (await bench.handle(id).query<SuspensionState>('standing')).targets[name]!;
const orderNumbers = async (code: string) =>
  (await bench.simulatorLog()).orders
    .filter((order) => order.code === code)
    .map(({ key, effect }) => [key.split('/').at(-1), effect]);

/** What the workflow tells, what the register holds, and how the bank's own function stands, are one. */
async function expectStopped(id: string, name: string, code: string): Promise<void> {
  expect(await bench.stage(id)).toBe('IN_FORCE');
  expect(await target(id, name)).toMatchObject({ status: 'settled', readBack: 'SUSPENDED' });
  expect(await bench.readBack(name)).toBe('SUSPENDED');
  expect(await bench.bank(code)).toMatchObject({ status: 'CLOSED', applied: 1 });
}

test('an answer that comes too late is looked up: one order in effect', async () => {
  await bench.misbehave({ code: 'LINK_C1', mode: 'slow', delayMs: 1_500, times: 1 });
  const id = await bench.inForce('slow', ['link-c1']);
  await expectStopped(id, 'link-c1', 'LINK_C1');
  expect(await orderNumbers('LINK_C1')).toEqual([['1', 'applied']]);
});

test('a lost answer is looked up: one order in effect', async () => {
  await bench.misbehave({ code: 'LINK_C2', mode: 'lose-answer', times: 1 });
  const id = await bench.inForce('lose-answer', ['link-c2']);
  await expectStopped(id, 'link-c2', 'LINK_C2');
  expect(await orderNumbers('LINK_C2')).toEqual([['1', 'applied']]);
});

test('an order that broke off before it was done is sent again under its number', async () => {
  await bench.misbehave({ code: 'LINK_C3', mode: 'drop-before', times: 2 });
  const id = await bench.inForce('drop-before', ['link-c3']);
  expect(await bench.stage(id)).toBe('EXECUTING');
  expect((await target(id, 'link-c3')).problem).toBe('READ_BACK ACTIVE');
  await bench.pass('PT1M');
  await expectStopped(id, 'link-c3', 'LINK_C3');
  expect(await orderNumbers('LINK_C3')).toEqual([['1', 'applied']]);
});

test('a failing channel is asked again under the same number', async () => {
  await bench.misbehave({ code: 'LINK_C4', mode: 'fail', times: 3 });
  const id = await bench.inForce('fail', ['link-c4']);
  await bench.pass('PT2M');
  await expectStopped(id, 'link-c4', 'LINK_C4');
  expect(await orderNumbers('LINK_C4')).toEqual([['1', 'applied']]);
});

test('a yes without an effect is not believed: a new order follows, until the read-back proves it', async () => {
  await bench.misbehave({ code: 'LINK_C5', mode: 'lie', times: 2 });
  const id = await bench.inForce('lie', ['link-c5']);
  expect(await bench.stage(id)).toBe('EXECUTING');
  expect(await bench.readBack('link-c5')).toBeUndefined();
  await bench.pass('PT2M');
  await expectStopped(id, 'link-c5', 'LINK_C5');
  expect(await orderNumbers('LINK_C5')).toEqual([
    ['1', 'pretended'],
    ['2', 'pretended'],
    ['3', 'applied'],
  ]);
});

test('a stop through which the outside test still goes is not verified, whatever the channel tells', async () => {
  await bench.misbehave({ code: 'LINK_C6', mode: 'lie', on: ['order', 'read'] });
  const id = await bench.inForce('probe', ['link-c6']);
  await bench.pass('PT5M');
  expect(await bench.stage(id)).toBe('EXECUTING');
  expect((await target(id, 'link-c6')).problem).toBe('PROBE_WENT_THROUGH');
  expect(await bench.readBack('link-c6')).toBeUndefined();
  expect((await bench.kinds(id)).includes('verified')).toBe(false);
  await bench.pass('PT10M');
  expect(await bench.stage(id)).toBe('PARTIALLY_FAILED');

  await bench.behave();
  await bench.pass('PT10M');
  await expectStopped(id, 'link-c6', 'LINK_C6');
});

test('a channel that asks for patience is given exactly that', async () => {
  await bench.misbehave({ code: 'LINK_O1', mode: 'rate-limit', retryAfter: 90, times: 1 });
  const id = await bench.inForce('patience', ['link-o1']);
  const asked = bench.now;
  expect((await target(id, 'link-o1')).notBefore).toBe(plus(asked, 90_000));
  await bench.runner.moveTo(plus(asked, 89_999));
  expect(await bench.stage(id)).toBe('EXECUTING');
  await bench.runner.moveTo(plus(asked, 90_000));
  await expectStopped(id, 'link-o1', 'LINK_O1');
});

test('a channel that is down for an hour: partly failed after 15 minutes, named, and stopped by itself when it is back', async () => {
  await bench.misbehave({ code: 'LINK_O2', mode: 'down' });
  const id = await bench.inForce('down', ['link-o2', 'link-o3']);
  const ordered = bench.now;
  await bench.runner.moveTo(plus(ordered, 15 * MINUTE - 1));
  expect(await bench.stage(id)).toBe('EXECUTING');
  await bench.runner.moveTo(plus(ordered, 15 * MINUTE));
  expect(await bench.stage(id)).toBe('PARTIALLY_FAILED');
  expect(await bench.line(id, 'alarm.targetNotVerified')).toMatchObject({
    entity: `${id}#link-o2`,
    effective_at: plus(ordered, 15 * MINUTE),
    content: { target: 'link-o2' },
  });
  expect(await bench.alarms(id)).toHaveLength(1);
  expect(await target(id, 'link-o3')).toMatchObject({ status: 'settled', late: false });
  expect((await bench.tasks(id)).map(({ subject }) => subject)).toEqual(['target:link-o2']);
  expect((await bench.mails()).some(({ subject }) => subject.includes(`${id} (target:link-o2)`))).toBe(true);

  await bench.pass('PT45M');
  await bench.behave();
  await bench.pass('PT5M');
  await expectStopped(id, 'link-o2', 'LINK_O2');
  expect(await bench.tasks(id)).toEqual([]);
});

test('a refused order goes to a person; a retry after the cause is mended proves it', async () => {
  const card = 'jp-bank-card/X1';
  const id = await bench.inForce('refused', [card]);
  expect(await bench.stage(id)).toBe('PARTIALLY_FAILED');
  expect(await target(id, card)).toMatchObject({ status: 'needs-human', problem: 'HTTP 404' });
  expect(await bench.alarms(id)).toEqual(['alarm.targetNeedsPerson']);

  await bench.decide(id, person(card, 'retry'));
  expect(await target(id, card)).toMatchObject({ status: 'needs-human' });
  await bench.world.outside.addFunction('CARD');
  await bench.decide(id, person(card, 'retry'));
  expect(await bench.stage(id)).toBe('IN_FORCE');
  expect(await bench.bank('CARD')).toMatchObject({ status: 'CLOSED', applied: 1 });
});

test('a person skips a target, by name and with a reason; the others are in force', async () => {
  await bench.misbehave({ code: 'LINK_O4', mode: 'down' });
  const id = await bench.inForce('skip', ['link-o4', 'link-o5']);
  await bench.pass('PT15M');
  await bench.decide(id, { ...person('link-o4', 'skip'), reason: 'The partner closed it for good' });
  expect(await bench.stage(id)).toBe('IN_FORCE');
  expect(await target(id, 'link-o4')).toMatchObject({ status: 'skipped' });
  expect((await bench.line(id, 'targetSkipped'))!.content).toMatchObject({
    by: 'duty-1',
    reason: 'The partner closed it for good',
  });
  await bench.behave();
});

test('a function without an interface is stopped by a person: a task at once, and a name on the proof', async () => {
  const id = await bench.inForce('by-hand', ['mijica-new-issue']);
  expect(await bench.stage(id)).toBe('PARTIALLY_FAILED');
  expect(await bench.tasks(id)).toMatchObject([{ subject: 'target:mijica-new-issue', call: true }]);
  expect((await bench.simulatorLog()).orders.some(({ code }) => code === 'MIJICA_NEW_ISSUE')).toBe(false);

  await bench.pass('PT10M');
  await bench.decide(id, { ...person('mijica-new-issue', 'done-by-hand'), by: 'duty-2' });
  expect(await bench.stage(id)).toBe('IN_FORCE');
  expect(await target(id, 'mijica-new-issue')).toMatchObject({ status: 'done-by-hand', executedAt: bench.now });
  expect((await bench.line(id, 'targetDoneByHand'))!.content).toMatchObject({ by: 'duty-2' });
  expect(await bench.tasks(id)).toEqual([]);

  // What was done by hand is undone by hand.
  await bench.lift(id);
  expect(await bench.stage(id)).toBe('LIFTING');
  await bench.decide(id, person('mijica-new-issue', 'done-by-hand'));
  expect(await bench.stage(id)).toBe('WATCHED');
});

test('a by-hand target that nobody confirms becomes partly failed and stays on the list', async () => {
  const id = await bench.inForce('by-hand-late', ['mijica-web', 'link-o6']);
  await bench.pass('P3D');
  expect(await bench.stage(id)).toBe('PARTIALLY_FAILED');
  expect(await target(id, 'link-o6')).toMatchObject({ status: 'settled' });
  expect((await bench.tasks(id)).map(({ subject }) => subject)).toContain('target:mijica-web');
  expect((await bench.alarms(id)).filter((kind) => kind === 'alarm.targetNeedsPerson')).toHaveLength(1);
});
