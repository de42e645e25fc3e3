import { takeAnswers } from '../dist/activities/answers.js';
import { inspectionSignals } from '../dist/connectors/inspectionSignals.js';
import type { Framework } from '../dist/domain/framework/schema.js';
import { instant } from '../dist/domain/instant.js';
import type { Unit } from '../dist/domain/providers.js';
import type { AllDocuments } from '../dist/store/documents.js';
import { storeEvidence } from '../dist/store/evidence.js';
import { readRound } from '../dist/store/rounds.js';
import { summary } from './figures.js';
import { decide, memory, openBench, until, type BenchGround } from './ground.js';

const PROVIDERS = 1_000;
const FIRST = 100;
const ITEMS = 60;
/** Providers that answer, and evaluators that decide, at the same time. */
const AT_ONCE = 25;
const STATUS_TIMES = 20;

const items = Array.from({ length: ITEMS }, (_, n) => `item-${String(n + 1).padStart(2, '0')}`);

const framework: Framework = {
  id: 'bench',
  version: '1',
  title: { ja: '測定', en: 'Bench' },
  source: { ja: '測定用', en: 'for measuring' },
  properties: {},
  extends: [],
  items: items.map((id, n) => ({
    id,
    phase: ((n % 5) + 1) as 1 | 2 | 3 | 4 | 5,
    class: n % 3 === 0 ? 'advanced' : 'mandatory',
    text: { ja: `項目 ${id}`, en: `Item ${id}` },
    evidence: ['description'],
    protects: [],
  })),
};

const unitId = (n: number) => `p${n}`;
const unit = (n: number): Unit => ({
  id: unitId(n),
  group: 'code',
  name: { ja: `事業者 ${n}`, en: `Provider ${n}` },
  framework: 'bench',
  form: {},
  functions: [],
  manager: 'provider-manager-1',
  contact: { name: `Contact ${n}`, mail: `inspection@p${n}.example`, lang: n % 2 === 0 ? 'ja' : 'en' },
  authentication: [],
});

/** The example playbook with a thousand providers of sixty items each. */
const crowded = (documents: AllDocuments): AllDocuments => ({
  ...documents,
  frameworks: { ...documents.frameworks, bench: framework },
  providers: {
    version: 'bench-1',
    groups: documents.providers!.groups,
    kinds: [],
    units: Array.from({ length: PROVIDERS }, (_, n) => unit(n + 1)),
  },
});

/** Workflows in the cache: all of them, or so few that each one is replayed when something happens to it. */
const CACHED = { all: 2_000, few: 50 };

/**
 * A round over a hundred providers, then one over a thousand: asked, answered, evaluated by two, all in flight. Then the
 * same with a small cache, for the memory that is not the cache's.
 */
export async function inspection(): Promise<Record<string, unknown>> {
  return {
    items: ITEMS,
    aims: { statusMs: 200, eventsPerProvider: 200 },
    ...(await rounds(CACHED.all)),
    smallCache: { workflows: CACHED.few, ...(await rounds(CACHED.few)) },
  };
}

async function rounds(maxCached: number) {
  const ground = await openBench(crowded, maxCached);
  try {
    const workerMbBefore = memory(ground);
    const hundred = await round(ground, 'R100', FIRST);
    const thousand = await round(ground, 'R1000', PROVIDERS);
    return { workerMbBefore, hundred, thousand };
  } finally {
    await ground.stop();
  }
}

async function round(ground: BenchGround, code: string, count: number) {
  const workflowId = `inspectionRound/${code}`;
  const units = Array.from({ length: count }, (_, n) => unitId(n + 1));
  await ground.client.workflow.start('inspectionRound', {
    workflowId,
    taskQueue: 'process',
    args: [
      {
        v: 1,
        round: code,
        title: { ja: code, en: code },
        by: 'provider-manager-1',
        reason: 'measured',
        units,
        target: '年内',
      },
    ],
  });
  await decide(ground, workflowId, 'open', 'open', 'commander-1');
  const mailed = await timed(() =>
    until(
      () => phases(ground, code, ['REQUESTED']),
      (n) => n === count,
      20,
    ),
  );
  const asked = memory(ground);
  const answered = await timed(async () => {
    await each(units, (name) => answer(ground, code, name));
    await until(
      () => phases(ground, code, ['ANSWERED']),
      (n) => n === count,
      20,
    );
  });
  const status = await statusTimes(ground, code);
  const evaluated = await timed(() => each(units, (name) => evaluate(ground, `providerInspection/${code}/${name}`)));
  const events = await Promise.all(
    units.slice(0, 20).map(async (name) => {
      const description = await ground.client.workflow.getHandle(`providerInspection/${code}/${name}`).describe();
      return description.historyLength;
    }),
  );
  return {
    providers: count,
    mailsPerSecond: rate(count, mailed),
    answersPerSecond: rate(count, answered),
    evaluationsPerSecond: rate(count, evaluated),
    statusMs: status,
    eventsPerProvider: summary(events),
    workerMb: { asked, done: memory(ground) },
  };
}

const rate = (count: number, ms: number) => Math.round((count / ms) * 10_000) / 10;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

async function each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < all.length; start += AT_ONCE)
    await Promise.all(all.slice(start, start + AT_ONCE).map(work));
}

async function phases({ store }: BenchGround, code: string, wanted: string[]): Promise<number> {
  const { n } = await store.db
    .selectFrom('inspection')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('round', '=', code)
    .where('phase', 'in', wanted)
    .executeTakeFirstOrThrow();
  return n;
}

/** The way of every answer: kept in the register, then the workflow is told. */
async function answer(ground: BenchGround, code: string, name: string): Promise<void> {
  const inspection = `providerInspection/${code}/${name}`;
  const now = () => instant(Date.now());
  const hash = await storeEvidence(
    ground.store.db,
    inspection,
    { name: 'evidence.txt', mediaType: 'text/plain', content: Buffer.from(inspection) },
    now(),
  );
  await takeAnswers(
    { db: ground.store.db, signaller: inspectionSignals(() => Promise.resolve(ground.client)), now },
    {
      v: 1,
      inspection,
      by: name,
      submission: `bench-${code}-${name}`,
      items: items.map((item) => ({ item, claim: 'implemented', text: 'in place', evidence: [hash] })),
    },
    'webhook',
  );
}

/** Two evaluators and the CISO: one object each. */
async function evaluate(ground: BenchGround, inspection: string): Promise<void> {
  const { hash } = await ground.store.db
    .selectFrom('evidence_of')
    .select('hash')
    .where('workflow_id', '=', inspection)
    .executeTakeFirstOrThrow();
  await ground.client.workflow.getHandle(inspection).executeUpdate('proposeEvaluation', {
    args: [
      {
        v: 1,
        by: 'evaluator-1',
        reason: 'measured',
        results: items.map((item) => ({ item, result: 'SATISFIED', reviewed: [hash] })),
      },
    ],
  });
  await decide(ground, inspection, 'evaluation', 'confirm', 'evaluator-2');
  await decide(ground, inspection, 'result', 'satisfied', 'ciso-1');
}

async function statusTimes({ store }: BenchGround, code: string) {
  const times: number[] = [];
  const zone = { name: 'Asia/Tokyo', offsets: [{ from: instant(0), minutes: 540 }] };
  for (let n = 0; n < STATUS_TIMES; n++)
    times.push(await timed(() => readRound(store.db, undefined, { round: code, at: instant(Date.now()), zone })));
  return summary(times);
}
