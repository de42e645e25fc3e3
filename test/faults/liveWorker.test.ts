import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Duration } from '../../src/domain/instant.js';
import { refusal, testGround, type Bench } from '../support/drillWorld.js';

/**
 * On the wall clock, what a lost worker had done is done again at another instant: the register then holds another story
 * than the run tells. It is the run's own, so it goes on from it, and nobody is asked.
 */
const ground = testGround();

async function killedAt(point: string): Promise<{ bench: Bench; once: string }> {
  const once = path.join(ground.folder, point.replace('#', '-'));
  return { bench: await ground.open({ workerEnv: { HIKESHI_KILL_AT: point, HIKESHI_KILL_ONCE: once } }), once };
}

async function reached(bench: Bench, id: string, stage: string): Promise<void> {
  for (let now = await bench.stage(id); now !== stage; now = await bench.stage(id)) await sleep(100);
}

/** The call goes out beside the stop, not before it; that it never comes fails by the test's time limit. */
async function called(bench: Bench, about: string): Promise<void> {
  while (!(await bench.mails()).some(({ subject }) => subject.includes(about))) await sleep(100);
}

async function expectWhole(bench: Bench, id: string, once: string, code: string): Promise<void> {
  expect(fs.existsSync(once)).toBe(true);
  expect((await bench.handle(id).describe()).status.name).toBe('RUNNING');
  expect(await bench.bank(code)).toMatchObject({ status: 'CLOSED', applied: 1 });
  expect((await bench.tasks(id)).map(({ subject }) => subject)).not.toContain('reconcile');
  expect(await bench.alarms(id)).toEqual([]);
}

const input = { v: 1, incident: 'B', measure: 'suspend', targets: ['link-c1'], by: 'duty-1', reason: 'Losses go on' };

test.concurrent.each(['record.after#1', 'record.after#2', 'settle.sent#1'])(
  'an emergency stop whose worker is lost at %s is in force without anybody',
  async (point) => {
    const { bench, once } = await killedAt(point);
    const id = 'suspension/B/live-emergency';
    const client = bench.liveClient().workflow;
    await client.start('suspension', { workflowId: id, taskQueue: 'process', args: [{ ...input, emergency: true }] });
    await reached(bench, id, 'EMERGENCY_IN_FORCE');
    await expectWhole(bench, id, once, 'LINK_C1');
    await called(bench, `${id} (ratify)`);
  },
  90_000,
);

test.concurrent(
  'an approval whose worker is lost right after it was recorded counts, and can be sent again',
  async () => {
    const { bench, once } = await killedAt('record.after#2');
    const id = 'suspension/B/live-approval';
    const client = bench.liveClient().workflow;
    const handle = await client.start('suspension', { workflowId: id, taskQueue: 'process', args: [input] });
    await reached(bench, id, 'PROPOSED');
    const [question] = await handle.query<{ digest: string }[]>('questions');
    const approve = { v: 1, subject: 'approve', verdict: 'approve', by: 'commander-1', reason: 'It is right so' };
    const decide = () =>
      handle.executeUpdate<{ complete: boolean }, [object]>('decide', {
        args: [{ ...approve, digest: question!.digest }],
      });
    // Until the next run has taken over, the answer is to look again in a moment.
    const answered = async (): Promise<unknown> => {
      try {
        return await decide();
      } catch (error) {
        expect((await refusal(Promise.reject(error as Error))).message).toContain('is harmless');
        await sleep(200);
        return answered();
      }
    };
    expect(await answered()).toMatchObject({ complete: true });
    expect(await decide()).toMatchObject({ complete: true });
    await reached(bench, id, 'IN_FORCE');
    await expectWhole(bench, id, once, 'LINK_C1');
    expect(await bench.decisions(id)).toHaveLength(1);
  },
  90_000,
);

test.concurrent(
  'a proposal whose worker is lost before it called anybody still calls who decides',
  async () => {
    const { bench, once } = await killedAt('record.after#1');
    const id = 'suspension/B/live-proposal';
    await bench.liveClient().workflow.start('suspension', { workflowId: id, taskQueue: 'process', args: [input] });
    const called = async () => (await bench.mails()).some(({ subject }) => subject.includes(`${id} (approve)`));
    while (!(await called())) await sleep(100);
    expect(fs.existsSync(once)).toBe(true);
    expect(await bench.kinds(id)).toEqual(['proposed']);
  },
  90_000,
);

/** Nobody writes to the table until it is let go. */
async function locked(bench: Bench, table: string): Promise<() => Promise<void>> {
  const connection = await bench.world.store.pool.connect();
  await connection.query(`begin; lock table ${table} in access exclusive mode`);
  return async () => {
    await connection.query('commit');
    connection.release();
  };
}

test.concurrent(
  'a register that is slow to write an approval delays the order, and calls nobody',
  async () => {
    const bench = await ground.open();
    const id = 'suspension/B/slow-register';
    const handle = await bench
      .liveClient()
      .workflow.start('suspension', { workflowId: id, taskQueue: 'process', args: [input], workflowTaskTimeout: '2s' });
    await reached(bench, id, 'PROPOSED');
    const [question] = await handle.query<{ digest: string }[]>('questions');
    const letGo = await locked(bench, 'timeline');
    const approve = { v: 1, subject: 'approve', verdict: 'approve', by: 'commander-1', reason: 'It is right so' };
    const decided = handle.executeUpdate('decide', { args: [{ ...approve, digest: question!.digest }] });
    // Longer than a workflow task may take: whatever it asked for goes out meanwhile.
    await sleep(4_000);
    await letGo();
    await decided;
    await reached(bench, id, 'IN_FORCE');
    expect((await bench.kinds(id)).slice(0, 4)).toEqual(['proposed', 'approved', 'ordered', 'verified']);
  },
  90_000,
);

test.concurrent(
  'an order of which nobody hears anything is told as late in time',
  async () => {
    const bench = await ground.open({
      change: (documents) => {
        const { policy } = documents;
        const suspension = { ...policy.suspension, verifyWithin: 'PT2S' as Duration };
        return { ...documents, policy: { ...policy, suspension } };
      },
    });
    const id = 'suspension/B/unheard';
    const letGo = await locked(bench, 'function_order');
    const client = bench.liveClient().workflow;
    await client.start('suspension', { workflowId: id, taskQueue: 'process', args: [{ ...input, emergency: true }] });
    await reached(bench, id, 'PARTIALLY_FAILED');
    expect((await bench.tasks(id)).map(({ subject }) => subject)).toContain('target:link-c1');
    await letGo();
    await reached(bench, id, 'EMERGENCY_IN_FORCE');
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'CLOSED', applied: 1 });
  },
  90_000,
);
