import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../src/stack/ports.js';
import { testGround, type Bench } from '../support/drillWorld.js';
import { groundWithOwnPostgres, groundWithOwnTemporal, type Killable } from '../support/servers.js';

const approve = { subject: 'approve', verdict: 'approve', by: 'commander-1' };

/** Kills the server while a stop executes, which must go on as if nothing had been: its order is at the channel, which takes its time to answer. */
async function expectUndisturbedBy(bench: Bench, server: Killable): Promise<void> {
  const id = await bench.propose('executing', ['link-o1']);
  await bench.misbehave({ code: 'LINK_O1', mode: 'slow', delayMs: 1_500, times: 1 });
  const decided = bench.decide(id, approve);
  for (let seen = 0; seen === 0; await sleep(20)) seen = (await bench.bank('LINK_O1')).applied;
  await server.restart();
  expect(await decided).toMatchObject({ complete: true });
  await bench.pass('PT5M');
  expect(await bench.stage(id)).toBe('IN_FORCE');
  expect(await bench.kinds(id)).toEqual(['proposed', 'approved', 'ordered', 'verified', 'inForce']);
  expect(await bench.bank('LINK_O1')).toMatchObject({ status: 'CLOSED', applied: 1 });
  expect(await bench.readBack('link-o1')).toBe('SUSPENDED');
  expect(await bench.alarms(id)).toEqual([]);
}

describe('PostgreSQL', () => {
  let postgres: Killable;
  const ground = testGround(async (config, folder) => {
    const own = await groundWithOwnPostgres(config, folder);
    ({ postgres } = own);
    return own;
  });

  test('killed and restarted while a stop executes: the work goes on by itself, with one order in effect', async () => {
    await expectUndisturbedBy(await ground.open(), postgres);
  }, 120_000);

  test('killed while a suspension waits: a decision that comes while it is down is taken when it is back', async () => {
    const bench = await ground.open();
    const id = await bench.propose('waits', ['link-c1']);
    let decided: Promise<unknown> | undefined;
    await postgres.restart(async () => {
      decided = bench.decide(id, approve);
      await sleep(1_500);
    });
    expect(await decided).toMatchObject({ complete: true });
    expect(await bench.stage(id)).toBe('IN_FORCE');
    expect(await bench.kinds(id)).toEqual(['proposed', 'approved', 'ordered', 'verified', 'inForce']);
  }, 120_000);
});

describe('Temporal', () => {
  let temporal: Killable;
  const ground = testGround(async (config, folder) => {
    const own = await groundWithOwnTemporal(config, folder);
    ({ temporal } = own);
    return own;
  });

  test('killed and restarted with its data while a suspension waits and while one executes', async () => {
    const bench = await ground.open();
    const id = await bench.propose('waits', ['link-c1']);
    await temporal.restart();
    expect((await bench.handle(id).describe()).status.name).toBe('RUNNING');
    await bench.decide(id, approve);
    expect(await bench.stage(id)).toBe('IN_FORCE');
    await expectUndisturbedBy(bench, temporal);
  }, 120_000);
});

describe('the channel system', () => {
  const ground = testGround();

  test('killed and started again with what it did: nothing is ordered twice, nothing is taken for stopped that is not', async () => {
    const [port, smtp] = await freePorts(2);
    const bench = await ground.open({
      simulatorEnv: {
        HIKESHI_SIM_PORT: String(port),
        HIKESHI_SIM_SMTP_PORT: String(smtp),
        HIKESHI_SIM_STATE: path.join(ground.folder, 'bank.jsonl'),
      },
    });
    const channel: Killable = {
      async restart() {
        process.kill(bench.world.simulator.pid!, 'SIGKILL');
        for (let up = false; !up; await sleep(50))
          up = await bench.simulatorLog().then(
            () => true,
            () => false,
          );
      },
    };
    await expectUndisturbedBy(bench, channel);
    await bench.inForce('stands', ['link-c1']);
    await channel.restart();
    await bench.pass('PT1H');
    await bench.sweep();
    expect(await bench.bank('LINK_C1')).toMatchObject({ status: 'CLOSED', applied: 1 });
    expect((await bench.alarms()).filter((kind) => kind === 'alarm.drift')).toEqual([]);
  }, 60_000);
});
