import { setTimeout as sleep } from 'node:timers/promises';
import type { Question } from '../dist/domain/decision.js';
import { decide, memory, openBench, until, type BenchGround } from './ground.js';
import { summary, type Figures } from './figures.js';

const PAIRS = 30;
const WARM_UP = 5;
const WAITING = 1_000;
/** Ten targets that nobody ordered before, so that neither side has anything to look up. */
const targets = (side: string, n: number) => Array.from({ length: 10 }, (_, index) => `${side}-${n}-${index}`);
const SIMULATOR_MS = 2;

/** Decision accepted to ten targets verified, beside a bare workflow that makes the same calls; then among 1,000 that wait. */
export async function suspend(): Promise<Record<string, unknown>> {
  const ground = await openBench();
  try {
    await ground.sim('/sim/misbehave', { mode: 'slow', delayMs: SIMULATOR_MS, on: ['order', 'read', 'request'] });
    const ours: number[] = [];
    const bare: number[] = [];
    for (let n = 0; n < WARM_UP + PAIRS; n++) {
      const [a, b] = n % 2 === 0 ? [await stopOurs(ground, n), await stopBare(ground, n)] : await swapped(ground, n);
      if (n >= WARM_UP) {
        ours.push(a);
        bare.push(b);
      }
    }
    const ratios = ours.map((value, index) => value / bare[index]!);
    process.stderr.write('ten targets measured; starting 1,000 suspensions that wait for review\n');
    const among = await waiting(ground);
    return {
      simulatorMs: SIMULATOR_MS,
      pairs: PAIRS,
      oursMs: summary(ours),
      bareMs: summary(bare),
      ratio: summary(ratios),
      aim: 1.5,
      ...among,
    };
  } finally {
    await ground.stop();
  }
}

async function swapped(ground: BenchGround, n: number): Promise<[number, number]> {
  const b = await stopBare(ground, n);
  return [await stopOurs(ground, n), b];
}

async function stopOurs(ground: BenchGround, n: number): Promise<number> {
  const workflowId = `suspension/A/bench-${n}`;
  const handle = await ground.client.workflow.start('suspension', {
    workflowId,
    taskQueue: 'process',
    args: [
      {
        v: 1,
        incident: 'A',
        measure: 'suspend',
        targets: targets('ours', n).map((card) => `mijica-card/${card}`),
        by: 'provider-manager-1',
        reason: 'measured',
      },
    ],
  });
  const questions = await until(
    () => handle.query<readonly Question[]>('questions'),
    (found) => found.length > 0,
  );
  const decision = {
    v: 1,
    subject: 'approve',
    verdict: 'approve',
    by: 'commander-1',
    reason: 'measured',
    digest: questions[0]!.digest,
  };
  // Both sides have come to rest: the mails of the proposal are out.
  await sleep(50);
  const inForce = ground.inForce(workflowId);
  const begin = performance.now();
  await handle.executeUpdate('decide', { args: [decision] });
  await inForce;
  const taken = performance.now() - begin;
  await handle.terminate('measured');
  return taken;
}

async function stopBare(ground: BenchGround, n: number): Promise<number> {
  const handle = await ground.bareClient.workflow.start('bareSuspension', {
    workflowId: `bare-${n}`,
    taskQueue: 'bare',
    args: [{ targets: targets('bare', n).map((card) => `CARD:${card}`) }],
  });
  await sleep(50);
  const begin = performance.now();
  await handle.executeUpdate('decide');
  await handle.result();
  return performance.now() - begin;
}

async function waiting(ground: BenchGround): Promise<{
  waiting: number;
  memoryMb: { before: number; after: number };
  decideMs: { before: Figures; among: Figures };
}> {
  await ground.sim('/sim/misbehave', { mode: 'none' });
  const memoryBefore = memory(ground);
  const before = await reviews(ground, 'first', 20);
  const begin = performance.now();
  for (let start = 0; start < WAITING; start += 25)
    await Promise.all(Array.from({ length: 25 }, (_, index) => stopCard(ground, `w-${start + index}`)));
  process.stderr.write(`1,000 suspensions in force after ${((performance.now() - begin) / 1000).toFixed(0)} s\n`);
  const among = await reviews(ground, 'among', 20);
  return {
    waiting: WAITING,
    memoryMb: { before: memoryBefore, after: memory(ground) },
    decideMs: { before: summary(before), among: summary(among) },
  };
}

async function stopCard(ground: BenchGround, name: string): Promise<string> {
  const workflowId = `suspension/D/${name}`;
  await ground.client.workflow.start('suspension', {
    workflowId,
    taskQueue: 'process',
    args: [
      {
        v: 1,
        incident: 'D',
        measure: 'suspend',
        targets: [`mijica-card/${name}`],
        by: 'provider-manager-1',
        reason: 'measured',
      },
    ],
  });
  await decide(ground, workflowId, 'approve', 'approve', 'commander-1');
  return workflowId;
}

/** Time of a person's decision (keep, in review), as his client sees it. */
async function reviews(ground: BenchGround, name: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const workflowId = await stopCard(ground, `${name}-${n}`);
    await until(
      () => ground.client.workflow.getHandle(workflowId).query<readonly Question[]>('questions'),
      (found) => found.some(({ subject }) => subject === 'review'),
    );
    const { digest } = (
      await ground.client.workflow.getHandle(workflowId).query<readonly Question[]>('questions')
    ).find(({ subject }) => subject === 'review')!;
    const begin = performance.now();
    await ground.client.workflow.getHandle(workflowId).executeUpdate('decide', {
      args: [{ v: 1, subject: 'review', verdict: 'keep', by: 'commander-1', reason: 'measured', digest }],
    });
    times.push(performance.now() - begin);
  }
  return times;
}
