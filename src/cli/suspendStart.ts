import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { planSuspension } from '../activities/suspension.js';
import { zoneAt } from '../activities/zone.js';
import { examples } from '../domain/examples.js';
import { parseWorkflowId, suspensionId } from '../domain/ids.js';
import { parseInput } from '../domain/input.js';
import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import { isSettled, SuspensionInput } from '../domain/suspension.js';
import type { App, Result } from './app.js';
import { UPDATE_MS, type Context } from './context.js';
import { readInput, requireFlags } from './input.js';
import { readJob, type OpenJob } from './jobs.js';
import { showSheet, type Sheet } from './manualSheet.js';
import { handStops } from './manualStop.js';
import type { ActingFlags } from './options.js';
import { shellWord } from './output.js';
import { Down } from './down.js';
import { planResult } from './suspendPlan.js';
import { standingResult, targetsHeld } from './suspendStatus.js';

export interface StartFlags extends ActingFlags {
  readonly incident?: string | undefined;
  readonly name?: string | undefined;
  readonly targets?: string[] | undefined;
  readonly measure?: string | undefined;
  readonly failedControl?: string | undefined;
  readonly expectedEnd?: string | undefined;
  readonly limitYen?: number | undefined;
  readonly inFlight?: string | undefined;
  readonly alsoReview?: string[] | undefined;
  readonly legalBasis?: string | undefined;
  readonly trigger?: string | undefined;
  readonly input?: string | undefined;
}

const usage = (verb: string) =>
  `npx hikeshi suspend ${verb} --incident B --name mijica-transfer-1 --targets mijica-transfer --by duty-1 --reason 'Losses go on' --failed-control member-login-detection`;

async function inputOf(flags: StartFlags, emergency: boolean): Promise<{ workflowId: string; input: SuspensionInput }> {
  const verb = emergency ? 'emergency' : 'propose';
  const example = { ...examples.suspension, ...(emergency && { emergency: true }) };
  const { name, incident, targets, by, reason } = flags;
  let raw: unknown;
  if (flags.input === undefined) {
    requireFlags({ incident, name, targets, by, reason }, usage(verb));
    const { measure, failedControl, expectedEnd, limitYen, inFlight, alsoReview, legalBasis, trigger } = flags;
    const optional = { failedControl, expectedEnd, limitYen, inFlight, alsoReview, legalBasis, trigger };
    const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
    raw = { v: 1, incident, measure, targets, by, reason, ...given };
  } else {
    requireFlags({ name }, `npx hikeshi suspend ${verb} --name mijica-transfer-1 --input examples/suspension.json`);
    raw = await readInput(flags.input);
  }
  const parsed = parseInput(SuspensionInput, raw, example);
  const input = emergency ? { ...parsed, emergency } : parsed;
  const workflowId = suspensionId(input.incident, name!);
  parseWorkflowId('suspension', workflowId);
  return { workflowId, input };
}

/** Starts a proposal or an emergency stop; in an emergency there is always an answer that stops the function. */
export async function start(app: App, context: Context, flags: StartFlags, emergency: boolean): Promise<Result> {
  const { workflowId, input } = await inputOf(flags, emergency);
  const planned = await plan(context, input);
  if (flags.dryRun) {
    if (planned instanceof Down) throw planned;
    return planResult(context, workflowId, planned);
  }
  try {
    await startWorkflow(context, workflowId, input);
  } catch (error) {
    // Whatever keeps Temporal from taking it, a person can still stop the function.
    if (!emergency || error instanceof WorkflowExecutionAlreadyStartedError) throw error;
    const why = error instanceof Down ? cannotStop : notKnownWhetherStarted;
    return sheetResult(context, workflowId, input, { why, started: false });
  }
  app.progress(flags, {
    en: emergency ? `${workflowId} is started; waiting for the read-back ...` : `${workflowId} is started.`,
    ja: emergency ? `${workflowId} を開始しました。停止の確認を待っています…` : `${workflowId} を開始しました。`,
  });
  const job = await follow(context, workflowId, emergency);
  if (!emergency) return job ? standingResult(context, [job]) : notTakenUpYet(workflowId);
  if (!job) return sheetResult(context, workflowId, input, { why: notTakenUp, started: true });
  if (targetsHeld(job)) return standingResult(context, [job]);
  return unproven(context, job, input);
}

/** What the workflow would refuse is said before anything is started; a register that is down says nothing. */
async function plan(context: Context, input: SuspensionInput) {
  try {
    await context.register();
    const store = context.store();
    return await context.asking(planSuspension({ store, drill: false }, input, context.now()), PLAN_MS);
  } catch (error) {
    if (error instanceof Down) return error;
    throw error;
  }
}

const PLAN_MS = 5_000;
/** An emergency start that Temporal does not take by then is done by hand. */
const START_MS = 5_000;

async function startWorkflow(context: Context, workflowId: string, input: SuspensionInput): Promise<void> {
  const client = await context.temporal();
  await client.withDeadline(Date.now() + (input.emergency ? START_MS : UPDATE_MS), () =>
    client.workflow.start('suspension', {
      workflowId,
      taskQueue: 'process',
      args: [input],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: `${input.measure} ${input.targets.length} target(s)`,
    }),
  );
}

/** How long an emergency stop is watched here; it goes on by itself in any case. */
const FOLLOW_MS = 12_000;
/** A worker takes a start up within a second; a restarted one within some. */
const TAKEN_UP_MS = 10_000;
const LOOK_EVERY_MS = 150;

/**
 * Waits for the workflow's first word in the register, and in an emergency until every target is dealt with or time is up.
 * @returns undefined when nothing shows that a worker took it up
 * @throws the workflow's own refusal
 */
export async function follow(context: Context, workflowId: string, emergency: boolean): Promise<OpenJob | undefined> {
  const started = Date.now();
  for (let turn = 1; ; turn++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const job = await context
      .register()
      .then((db) => readJob(db, workflowId))
      .catch(() => undefined);
    const waited = Date.now() - started;
    if (job && (!emergency || nothingMoves(job) || waited > FOLLOW_MS)) return job;
    if (!job && turn % 5 === 0) {
      const refusal = await refusalOf(context, workflowId);
      if (refusal) throw refusal;
    }
    if (!job && waited > TAKEN_UP_MS) return undefined;
  }
}

/** Every target is proven, or waits for a person: looking on would change nothing. */
function nothingMoves({ of }: OpenJob): boolean {
  if (of.job !== 'suspension' || of.state.phase !== 'ordered') return false;
  return Object.values(of.state.targets).every((target) => isSettled(target) || target.status === 'needs-human');
}

/** A refused start fails its run; a Temporal that went away meanwhile refuses nothing. */
async function refusalOf(context: Context, workflowId: string): Promise<Error | undefined> {
  try {
    const client = await context.temporal();
    const handle = client.workflow.getHandle(workflowId);
    return await client.withDeadline(Date.now() + START_MS, async () => {
      if ((await handle.describe()).status.name !== 'FAILED') return undefined;
      return handle.result().then(
        () => undefined,
        (error: unknown) => (error as Error).cause as Error,
      );
    });
  } catch {
    return undefined;
  }
}

const cannotStop: Sentence = {
  en: 'Temporal does not answer, so Hikeshi cannot stop anything now. Stop it by hand with this sheet.',
  ja: 'Temporal から応答がなく、今は Hikeshi で停止できません。この手順で手作業で停止してください。',
};

const notKnownWhetherStarted: Sentence = {
  en: 'The start failed, or nobody knows whether it was taken. Stop it by hand with this sheet; that it is done twice does no harm.',
  ja: '開始できなかったか、受け付けられたか分かりません。この手順で手作業で停止してください（二重になっても問題ありません）。',
};

const notTakenUp: Sentence = {
  en: 'Temporal took the stop, but nobody carries it out: the workers or the register are down. Stop it by hand with this sheet.',
  ja: 'Temporal は停止を受け付けましたが、実行されていません（ワーカーまたは台帳が停止中）。この手順で手作業で停止してください。',
};

const notProven: Sentence = {
  en: 'These targets are ordered, but nothing proves that they are stopped. Hikeshi goes on trying; look at the channel system, and stop them by hand if need be.',
  ja: '次の対象は指示済みですが、停止を確認できていません。Hikeshi は試行を続けます。業務システムを確認し、必要なら手作業で停止してください。',
};

export function notTakenUpYet(workflowId: string): Result {
  return {
    data: { workflowId, started: true, stage: null },
    page: (page) =>
      page.text(
        page.t({
          en: `${workflowId} is started, but no worker has taken it up yet. Look at "hikeshi status".`,
          ja: `${workflowId} を開始しましたが、まだワーカーが処理していません。hikeshi status を確認してください。`,
        }),
        0,
        'yellow',
      ),
    exitCode: 1,
  };
}

/** How it stands, and the sheet for what is not proven. */
async function unproven(context: Context, job: OpenJob, input: SuspensionInput): Promise<Result> {
  if (job.of.job !== 'suspension') throw new Refusal(notProven);
  const open = Object.entries(job.of.state.targets).filter(([, target]) => !isSettled(target));
  const standing = await standingResult(context, [job]);
  const targets = open.map(([id]) => id);
  const sheet = await sheetResult(context, job.workflowId, { ...input, targets }, { why: notProven, started: true });
  return {
    data: { ...standing.data, ...sheet.data },
    page: (page) => {
      standing.page(page);
      sheet.page(page);
    },
    exitCode: 2,
  };
}

async function sheetResult(
  context: Context,
  workflowId: string,
  input: SuspensionInput,
  { why, started }: Pick<Sheet, 'why' | 'started'>,
): Promise<Result> {
  const at = context.now();
  const { documents, source } = await context.documents();
  const { name } = parseWorkflowId('suspension', workflowId);
  const sheet: Sheet = {
    why,
    workflowId,
    at,
    zone: zoneAt(documents.playbook.zone, at),
    playbook: { version: documents.playbook.version, source },
    stops: await handStops(documents, input, at, context.env),
    recordWith: started
      ? `npx hikeshi suspend status ${workflowId}`
      : `npx hikeshi suspend emergency --name ${shellWord(name)} --input ${shellWord(JSON.stringify(input))}`,
    started,
  };
  return { data: { manualStop: sheet }, page: (page) => showSheet(page, sheet), exitCode: 2 };
}
