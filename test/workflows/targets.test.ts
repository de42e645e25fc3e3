import { sql } from 'kysely';
import type { ActivityDeps } from '../../src/activities/deps.js';
import { settle } from '../../src/activities/settle.js';
import { CONTROL_SLOTS } from '../../src/config.js';
import { serviceControl } from '../../src/connectors/serviceControl/index.js';
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
      functions((id) => id === 'mijica-card', { inFlight: 'reject' }),
      functions((id) => id === 'yucho-pay', {
        kind: 'account',
        inFlight: 'hold',
        external: { code: 'ACCOUNT:{reference}' },
      }),
    ),
  });
});

const person = (target: string, verdict: string) => ({ subject: `target:${target}`, verdict, by: 'duty-1' });
const target = async (id: string, name: string) =>
  (await bench.handle(id).query<SuspensionState>('standing')).targets[name]!;
const asked = async (id: string, name: string) =>
  (await bench.questions(id)).find(({ subject }) => subject === `target:${name}`)!.asks.en;
const underWay = async (code: string) => {
  const { queued, held, finished, rejected } = (await bench.simulatorLog()).functions.find((fn) => fn.code === code)!;
  return { queued, held, finished, rejected };
};
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

test('a target tells when it was ordered, when the bank said yes, and when that was proven', async () => {
  const [card, code] = ['mijica-card/T1', 'CARD:T1'];
  await bench.bankHas(code);
  await bench.misbehave({ code, mode: 'drop-before', times: 1 });
  const id = await bench.inForce('three-instants', [card]);
  const orderedAt = bench.now;
  // The look-up before the next try is answered at once, the read-back after it is not.
  await bench.misbehave({ code, mode: 'slow', delayMs: 0, on: ['read'], times: 1 });
  await bench.misbehave({ mode: 'fail', on: ['read'], times: 1 });
  await bench.pass('PT30S');
  expect(await target(id, card)).toMatchObject({ status: 'waiting', problem: 'HTTP 500' });
  await bench.pass('PT30S');
  const instants = { orderedAt, executedAt: plus(orderedAt, MINUTE / 2), verifiedAt: plus(orderedAt, MINUTE) };
  expect(await target(id, card)).toMatchObject({ status: 'settled', ...instants });
  expect((await bench.line(id, 'verified'))!.content).toMatchObject(instants);
  const row = bench.db.selectFrom('function_order').selectAll().where('target', '=', card);
  expect(await row.execute()).toMatchObject([
    { ordered_at: instants.orderedAt, executed_at: instants.executedAt, verified_at: instants.verifiedAt },
  ]);
});

test('an account is stopped like a function, and what was under way is held until it is open again', async () => {
  await bench.bankHas('ACCOUNT:77-1', 7);
  const id = await bench.inForce('account', ['yucho-pay/77-1']);
  await expectStopped(id, 'yucho-pay/77-1', 'ACCOUNT:77-1');
  expect(await underWay('ACCOUNT:77-1')).toEqual({ queued: 0, held: 7, finished: 0, rejected: 0 });
  await bench.lift(id);
  expect(await bench.bank('ACCOUNT:77-1')).toMatchObject({ status: 'OPEN' });
  expect(await underWay('ACCOUNT:77-1')).toEqual({ queued: 7, held: 0, finished: 0, rejected: 0 });
});

test('what is under way is rejected as the service map says, or let finish as the stop says', async () => {
  for (const card of ['R1', 'R2']) await bench.bankHas(`CARD:${card}`, 7);
  await bench.inForce('rejected', ['mijica-card/R1']);
  await bench.inForce('finished', ['mijica-card/R2'], { inFlight: 'finish' });
  expect(await underWay('CARD:R1')).toEqual({ queued: 0, held: 0, finished: 0, rejected: 7 });
  expect(await underWay('CARD:R2')).toEqual({ queued: 0, held: 0, finished: 7, rejected: 0 });
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
  const [task] = await bench.tasks(id);
  expect(task).toMatchObject({ subject: 'target:mijica-new-issue', call: true });
  expect(task!.asks_en).toMatch(/Stop "mijica-new-issue", check that it is stopped, .*Hold what is already accepted/);
  expect(task!.asks_ja).toMatch(/「mijica-new-issue」を停止し、.*保留してください/);
  expect((await target(id, 'mijica-new-issue')).instruction).toBeDefined();
  const mail = (await bench.mails()).find(({ subject }) => subject.includes(`${id} (target:mijica-new-issue)`));
  expect(mail!.text).toContain('Stop "mijica-new-issue"');
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
  expect(await asked(id, 'mijica-new-issue')).toMatch(/Open "mijica-new-issue" again, check that it works/);
  await bench.decide(id, person('mijica-new-issue', 'done-by-hand'));
  expect(await bench.stage(id)).toBe('WATCHED');
});

test('a limit that a person sets says how many yen, and says it again when it is asked again', async () => {
  const id = await bench.inForce('limit-by-hand', ['mijica-new-issue'], { measure: 'restrict', limitYen: 30_000 });
  const first = await asked(id, 'mijica-new-issue');
  expect(first).toMatch(/Restrict "mijica-new-issue", .* The limit is 30000 yen\./);
  await bench.decide(id, person('mijica-new-issue', 'retry'));
  expect(await asked(id, 'mijica-new-issue')).toBe(first);
});

test('a by-hand target that nobody confirms becomes partly failed and stays on the list', async () => {
  const id = await bench.inForce('by-hand-late', ['mijica-web', 'link-o6']);
  await bench.pass('P3D');
  expect(await bench.stage(id)).toBe('PARTIALLY_FAILED');
  expect(await target(id, 'link-o6')).toMatchObject({ status: 'settled' });
  expect((await bench.tasks(id)).map(({ subject }) => subject)).toContain('target:mijica-web');
  expect((await bench.alarms(id)).filter((kind) => kind === 'alarm.targetNeedsPerson')).toHaveLength(1);
});

test('a service is stopped in its order, whatever order the targets are named in; who does not answer holds up nobody', async () => {
  const targets = ['mijica-debit', 'mijica-transfer'];
  const codes = ['MIJICA_DEBIT', 'MIJICA_TRANSFER'];
  const ordered = async () =>
    (await bench.simulatorLog()).orders.map(({ code }) => code).filter((code) => codes.includes(code));
  await bench.misbehave({ code: 'MIJICA_TRANSFER', mode: 'slow', delayMs: 1_500, times: 1 });
  await bench.misbehave({ code: 'MIJICA_DEBIT', mode: 'lose-answer', times: 1 });
  const id = await bench.inForce('in-order', targets);
  // Side by side the quick loss would be noted before the slow answer is given up.
  const sent = bench.db.selectFrom('attempt').select('target').where('what', '=', 'send SUSPENDED');
  expect(await sent.where('target', 'in', targets).orderBy('id').execute()).toEqual([
    { target: 'mijica-transfer' },
    { target: 'mijica-debit' },
  ]);
  expect(await ordered()).toEqual(['MIJICA_TRANSFER', 'MIJICA_DEBIT']);
  expect(await bench.stage(id)).toBe('IN_FORCE');
  await bench.lift(id);

  await bench.misbehave({ code: 'MIJICA_TRANSFER', mode: 'down' });
  const again = await bench.inForce('in-order-again', targets);
  const at = bench.now;
  expect(await target(again, 'mijica-transfer')).toMatchObject({ status: 'waiting', tries: 1 });
  expect(await target(again, 'mijica-debit')).toMatchObject({ status: 'settled', verifiedAt: at });
  await bench.behave();
  await bench.pass('PT1M');
  expect(await bench.stage(again)).toBe('IN_FORCE');
});

describe('one try at a target', () => {
  const SUSPENSION = 'suspension/B/one-try';
  /** A card that the bank has, and that suspensions hold. */
  async function held(name: string, holds: Record<string, object>): Promise<string> {
    const target = `mijica-card/${name}`;
    await bench.bankHas(`CARD:${name}`);
    for (const [workflow_id, hold] of Object.entries(holds)) await place(target, workflow_id, hold);
    return target;
  }
  const place = (target: string, workflow_id: string, hold: object = {}) =>
    bench.db
      .insertInto('hold')
      .values({ workflow_id, target, placed_sequence: 1, measure: 'suspend', placed_at: bench.now, ...hold })
      .execute();
  const trying = (target: string, goal: 'held' | 'released' = 'held') =>
    ({ target, suspension: SUSPENSION, goal, reason: 'a test', at: bench.now }) as const;
  /** The real channel, and what happens meanwhile: between an order and its read-back. */
  const whileSending = (deps: ActivityDeps, meanwhile: () => Promise<unknown>): ActivityDeps => ({
    ...deps,
    control: (connector) => {
      const control = deps.control(connector);
      return {
        send: async (...order) => {
          const sent = await control.send(...order);
          await meanwhile();
          return sent;
        },
        read: (...target) => control.read(...target),
        probe: (...target) => control.probe(...target),
      };
    },
  });

  test('ends in time though each of its calls is slow; the next tries find out what became of the order', async () => {
    const target = await held('slow', { [SUSPENSION]: {} });
    await bench.misbehave({ code: 'CARD:slow', mode: 'slow', delayMs: 700, on: ['order', 'read', 'request'] });
    await bench.withDeps(async (deps) => {
      const unknown = { kind: 'not-yet', problem: 'ABORTED', order: 1 };
      expect(await settle(deps, trying(target), 500)).toEqual(unknown);
      const [order] = await bench.db.selectFrom('function_order').selectAll().where('target', '=', target).execute();
      expect(order).toMatchObject({ n: 1, status: 'unknown', detail: 'ABORTED', executed_at: null });
      // Time for the look-up, and none for the outside test.
      expect(await settle(deps, trying(target), 1_200)).toEqual(unknown);
      await bench.behave();
      expect(await settle(deps, trying(target))).toMatchObject({ kind: 'in-effect', state: 'SUSPENDED', order: 1 });
    });
    expect(await bench.bank('CARD:slow')).toMatchObject({ status: 'CLOSED', applied: 1 });
  });

  test('follows a stop that comes while a limit is being ordered', async () => {
    const other = 'suspension/B/comes-between';
    const target = await held('changes', { [SUSPENSION]: { measure: 'restrict', limit_yen: 9_000 } });
    await bench.withDeps(async (deps) => {
      let comes: Promise<unknown> | undefined;
      const meanwhile = () => (comes ??= place(target, other));
      expect(await settle(whileSending(deps, meanwhile), trying(target))).toMatchObject({
        kind: 'in-effect',
        state: 'SUSPENDED',
        order: 2,
        alsoHeldBy: [other],
      });
    });
    expect(await bench.bank('CARD:changes')).toMatchObject({ status: 'CLOSED', applied: 2 });
    expect(await bench.readBack(target)).toBe('SUSPENDED');
  });

  test('does not run for ever behind a wish that keeps changing; the next one comes up with it', async () => {
    const target = await held('keeps-changing', { [SUSPENSION]: { measure: 'restrict', limit_yen: 9_000 } });
    const lower = () =>
      bench.db
        .updateTable('hold')
        .set({ limit_yen: sql<number>`limit_yen - 1000` })
        .where('target', '=', target)
        .execute();
    await bench.withDeps(async (deps) => {
      expect(await settle(whileSending(deps, lower), trying(target))).toEqual({
        kind: 'not-yet',
        problem: 'WISH_KEEPS_CHANGING',
      });
      expect(await bench.bank('CARD:keeps-changing')).toEqual({ status: 'LIMITED', limit: 6_000, applied: 4 });
      expect(await settle(deps, trying(target))).toMatchObject({ kind: 'in-effect', state: 'RESTRICTED', order: 5 });
    });
    expect(await bench.bank('CARD:keeps-changing')).toEqual({ status: 'LIMITED', limit: 5_000, applied: 5 });
  });

  test('asks a person where the bank can be reached no more, and tells what to do each time', async () => {
    const target = await held('no-interface', { [SUSPENSION]: {} });
    await bench.withDeps(async (deps) => {
      await settle(deps, trying(target));
      const byPerson: ActivityDeps = {
        ...deps,
        control: () => serviceControl({ id: 'by-hand', kind: 'by-hand', instructions: {} }, () => ''),
      };
      for (const _ of ['first', 'again'])
        expect(await settle(byPerson, trying(target))).toMatchObject({
          kind: 'by-hand',
          order: 2,
          instruction: { en: expect.stringMatching(/^Stop "mijica-card\/no-interface"/) as string },
        });
    });
  });

  test('orders nothing for a stop whose hold is gone', async () => {
    const target = await held('let-go', {});
    await bench.withDeps(async (deps) => {
      expect(await settle(deps, trying(target))).toEqual({ kind: 'refused', problem: 'HOLD_MISSING' });
    });
    expect(await bench.bank('CARD:let-go')).toMatchObject({ status: 'OPEN', applied: 0 });
  });

  test('waits its turn, and not for long, while somebody else settles the same function', async () => {
    const target = await held('busy', { [SUSPENSION]: {} });
    const somebody = await bench.world.store.pool.connect();
    await bench.withDeps(async (deps) => {
      await somebody.query('select pg_advisory_lock(hashtextextended($1, 2))', [target]);
      expect(await settle(deps, trying(target))).toEqual({ kind: 'not-yet', problem: 'LOCK_BUSY', afterSeconds: 2 });
      expect(await bench.bank('CARD:busy')).toMatchObject({ status: 'OPEN', applied: 0 });
      await somebody.query('select pg_advisory_unlock(hashtextextended($1, 2))', [target]);
      expect(await settle(deps, trying(target))).toMatchObject({ kind: 'in-effect', order: 1 });
    }, '-c timezone=UTC -c lock_timeout=200');
    somebody.release();
  });

  test('leaves the register to others, however many targets wait for their channel', async () => {
    const names = Array.from({ length: CONTROL_SLOTS }, (_, index) => `many-${index}`);
    const targets = await Promise.all(names.map((name) => held(name, {})));
    const somebody = await bench.world.store.pool.connect();
    const locks = (call: string) =>
      somebody.query(`select count(${call}(hashtextextended(target, 2))) from unnest($1::text[]) target`, [targets]);
    await bench.withDeps(async (deps) => {
      await locks('pg_advisory_lock');
      let settled = 0;
      const all = targets.map((target) => settle(deps, trying(target, 'released')).finally(() => settled++));
      // A decision elsewhere.
      await sql`select 1`.execute(deps.store.db);
      expect(settled).toBe(0);
      await locks('pg_advisory_unlock');
      for (const outcome of await Promise.all(all))
        expect(outcome).toMatchObject({ kind: 'in-effect', state: 'ACTIVE', order: 1 });
    });
    somebody.release();
  });
});
