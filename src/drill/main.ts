import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT_ROOT, type Config } from '../config.js';
import type { Instant } from '../domain/instant.js';
import { readDocument, readPlaybook } from '../store/documents.js';
import { PolicySchema } from '../domain/policy.js';
import type { Log } from '../stack/problem.js';
import { zoneAt } from '../activities/zone.js';
import { asExpected, compare } from './compare.js';
import { readEndState, readTimeline } from './endState.js';
import { readInspection } from './inspection.js';
import { play, type PlayOptions } from './play.js';
import { drillReport, POLICY_WORDS } from './report.js';
import type { DrillResult } from './result.js';
import { DrillRunner } from './runner.js';
import { roundReportFiles, type ReportFile } from './roundReport.js';
import { POLICIES, readExpected, readScript, type PolicyName } from './script.js';
import { drillId, openGround, openWorld, type Ground, type World } from './world.js';

export interface DrillOptions {
  readonly config: Config;
  /** Folder of the playbook; the 2020 incident by default. */
  readonly playbook?: string;
  /** Both policies by default. */
  readonly policies?: readonly PolicyName[];
  /**
   * Writes `DIR/<policy>/{end-state.json,timeline.jsonl,comparison.json,report.md}`, and the round's report as it was
   * published, `round-report.<ja|en>.<md|pdf|csv>`.
   */
  readonly out?: string;
  /** Virtual seconds for one real second, for a table-top exercise; as fast as it goes without. */
  readonly speed?: number;
  /** Ends the drill at its next step: what it started is ended, and the reason of the signal is thrown. */
  readonly signal?: AbortSignal;
  readonly log: Log;
  /** For tests: faults while it plays, and a look at its world before that ends. */
  readonly workerEnv?: NodeJS.ProcessEnv;
  readonly beforeStep?: (world: World) => PlayOptions['beforeStep'];
  readonly beforeReading?: (world: World) => Promise<void>;
  readonly ground?: Ground;
}

export const DEFAULT_PLAYBOOK = path.join(PROJECT_ROOT, 'playbooks/yucho-2020');

/** Plays a playbook under each policy on real Temporal and PostgreSQL, and compares how it ends. */
export async function runDrill(options: DrillOptions): Promise<DrillResult[]> {
  const ground = options.ground ?? (await openGround(options.config, options.log));
  try {
    const results: DrillResult[] = [];
    for (const policy of options.policies ?? POLICIES) results.push(await drill(ground, policy, options));
    return results;
  } finally {
    if (!options.ground) await ground.stop();
  }
}

async function drill(ground: Ground, policy: PolicyName, options: DrillOptions): Promise<DrillResult> {
  const { config, log, playbook = DEFAULT_PLAYBOOK } = options;
  const script = await readScript(playbook);
  const expected = await readExpected(playbook, policy);
  const inspection = await readInspection(playbook);
  const documents = await readPlaybook(playbook, {
    policy: await readDocument(PolicySchema, path.join(playbook, `policy.${policy}.yaml`)),
  });
  const clock: { now: Instant } = { now: script.start };
  log(policy);
  const world = await openWorld({
    config,
    ground,
    id: drillId(policy),
    documents,
    start: script.start,
    now: () => clock.now,
    log,
    ...(options.workerEnv && { workerEnv: options.workerEnv }),
  });
  try {
    const runner = new DrillRunner(
      world.client,
      {
        async set(at) {
          if (options.speed) await pause((Date.parse(at) - Date.parse(clock.now)) / options.speed, options.signal);
          options.signal?.throwIfAborted();
          clock.now = at;
          await world.outside.setClock(at);
        },
      },
      script.start,
    );
    const beforeStep = options.beforeStep?.(world);
    const played = await play(world, {
      script,
      policy,
      runner,
      ...(inspection && { inspection }),
      ...(beforeStep && { beforeStep }),
    });
    await options.beforeReading?.(world);
    const endState = await readEndState(world.store, world.outside, script);
    const timeline = await readTimeline(world.store);
    const zone = zoneAt(documents.playbook.zone, script.start);
    const comparison = compare(expected, endState, timeline, zone);
    const result: DrillResult = {
      policy,
      title: documents.playbook.title,
      about: POLICY_WORDS[policy],
      endState,
      timeline,
      comparison,
      played,
      equal: asExpected(comparison),
    };
    if (options.out)
      await write(path.join(options.out, policy), result, [
        { name: 'report.md', bytes: Buffer.from(drillReport(result, documents, zone)) },
        ...(await roundReportFiles(world.store, documents.providers, script.end, zone)),
      ]);
    return result;
  } finally {
    await world.close();
  }
}

/** Milliseconds of a table-top's pace; shorter when somebody ends the drill. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

async function write(folder: string, result: DrillResult, reports: readonly ReportFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'end-state.json'), `${JSON.stringify(result.endState, null, 2)}\n`);
  await writeFile(
    path.join(folder, 'timeline.jsonl'),
    result.timeline.map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
  await writeFile(
    path.join(folder, 'comparison.json'),
    `${JSON.stringify({ equal: result.equal, lines: result.comparison, skipped: result.played.skipped }, null, 2)}\n`,
  );
  for (const { name, bytes } of reports) await writeFile(path.join(folder, name), bytes);
}
