import { planSuspension } from '../activities/suspension.js';
import { zoneAt } from '../activities/zone.js';
import { examples } from '../domain/examples.js';
import { parseWorkflowId, suspensionId } from '../domain/ids.js';
import { parseInput } from '../domain/input.js';
import { Refusal } from '../domain/refusal.js';
import { authorise } from '../domain/roster.js';
import { ProposeLiftInput, SuspensionInput } from '../domain/suspension.js';
import type { App, OutputOptions, Result } from './app.js';
import { UPDATE_MS, type Context } from './context.js';
import { list, number, readInput, requireFlags } from './input.js';
import { handStops } from './manualStop.js';
import { showSheet, type Sheet } from './manualSheet.js';
import { questionsOf, readJob, readJobs, type OpenJob } from './jobs.js';
import { shellWord } from './output.js';
import { Down } from './problems.js';
import { planResult } from './suspendPlan.js';
import { standingResult, targetsHeld } from './suspendStatus.js';

interface StartFlags extends OutputOptions {
  readonly incident?: string | undefined;
  readonly name?: string | undefined;
  readonly targets?: string[] | undefined;
  readonly measure?: string | undefined;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  readonly failedControl?: string | undefined;
  readonly expectedEnd?: string | undefined;
  readonly limitYen?: number | undefined;
  readonly inFlight?: string | undefined;
  readonly alsoReview?: string[] | undefined;
  readonly legalBasis?: string | undefined;
  readonly trigger?: string | undefined;
  readonly input?: string | undefined;
  readonly dryRun?: true | undefined;
}

export function suspendCommands(app: App) {
  const group = app.group('suspend', {
    en: 'stop or restrict functions of a service: propose, emergency, lift, status',
    ja: 'サービスの機能を停止・制限する: 提案 propose、緊急停止 emergency、解除の提案 lift、状況 status',
  });
  const starting = (name: string, en: string, ja: string) =>
    app
      .command(name, { en, ja })
      .option('--incident <code>', app.t('incident (track), e.g. B', '事案。例: B'))
      .option('--name <name>', app.t('name at the end of the workflow id, e.g. mijica-transfer-1', 'ワークフローIDの末尾。例: mijica-transfer-1'))
      .option('--targets <ids>', app.t('functions, separated by commas', '対象の機能（カンマ区切り）'), list)
      .option('--measure <measure>', app.t('suspend or restrict', 'suspend（停止）または restrict（制限）'), 'suspend')
      .option('--by <person>', app.t('your id in the roster', '名簿のあなたのID'))
      .option('--reason <text>', app.t('why', '理由'))
      .option('--failed-control <id>', app.t('the control that failed', '不備のあった対策'))
      .option('--expected-end <instant>', app.t('e.g. 2026-12-01T09:00:00+09:00; left out: undetermined', '終了見込み。例: 2026-12-01T09:00:00+09:00（省略: 未定）'))
      .option('--limit-yen <yen>', app.t('limit for one request, with restrict', '制限時の1回あたり上限額（円）'), number)
      .option('--in-flight <what>', app.t('finish, hold or reject what is under way', '処理中のもの: finish（完了）hold（保留）reject（取消）'))
      .option('--also-review <ids>', app.t('functions to be judged besides', '併せて判断する機能（カンマ区切り）'), list)
      .option('--legal-basis <text>', app.t('legal basis', '法的根拠'))
      .option('--trigger <key>', app.t('what made it necessary, e.g. loss-confirmed', 'きっかけ。例: loss-confirmed'))
      .option('--input <json>', app.t('the whole input: JSON, a file, or - (with --name)', '入力全体: JSON、ファイル、または -（--name と併用）'))
      .option('--dry-run', app.t('show what would be done; do nothing', '何も実施せず、内容だけを表示する'));

  group.addCommand(
    starting('propose', 'propose a stop or restriction; it waits for approval', '停止・制限を提案し、承認を待つ').action((flags) =>
      app.run(flags, (context) => start(app, context, flags, false)),
    ),
  );
  group.addCommand(
    starting(
      'emergency',
      'stop at once, by the duty officer alone; prints how to stop by hand when Temporal is down (exit code 2)',
      '当直責任者が単独で直ちに停止する。Temporal が停止中なら手作業の手順を表示する（終了コード 2）',
    ).action((flags) => app.run(flags, (context) => start(app, context, flags, true))),
  );
  group.addCommand(
    app
      .command('lift', { en: 'propose to lift a measure; it waits for a decision', ja: '措置の解除を提案し、判断を待つ' })
      .argument('<workflow-id>', app.t('e.g. suspension/B/mijica-transfer-1', '例: suspension/B/mijica-transfer-1'))
      .option('--by <person>', app.t('your id in the roster', '名簿のあなたのID'))
      .option('--reason <text>', app.t('why', '理由'))
      .option('--dry-run', app.t('show what would be proposed; do nothing', '何も実施せず、内容だけを表示する'))
      .action((workflowId, flags) => app.run(flags, (context) => lift(context, workflowId, flags))),
  );
  group.addCommand(
    app
      .command('status', { en: 'how suspensions stand, target by target', ja: '停止措置の状況を対象ごとに表示する' })
      .argument('[workflow-id]')
      .option('--all', app.t('closed ones too', '終了したものも表示する'))
      .action((workflowId, flags) =>
        app.run(flags, async (context) => {
          const db = await context.register();
          const jobs = workflowId
            ? [await context.asking(readJob(db, workflowId))]
            : await context.asking(readJobs(db, { closed: flags.all ?? false }));
          return standingResult(context, jobs);
        }),
      ),
  );
  return group;
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

async function start(app: App, context: Context, flags: StartFlags, emergency: boolean): Promise<Result> {
  const { workflowId, input } = await inputOf(flags, emergency);
  const at = context.now();
  const store = context.store();
  const register = await context.register().catch((error: unknown) => error);
  const registerIsUp = !(register instanceof Error);
  // What the workflow would refuse is said before anything is started.
  const planned = registerIsUp ? await context.asking(planSuspension({ store, drill: false }, input, at), 5_000) : undefined;
  if (flags.dryRun) {
    if (!planned) throw register;
    return planResult(context, workflowId, planned);
  }
  try {
    const client = await context.temporal();
    await client.withDeadline(Date.now() + UPDATE_MS, () =>
      client.workflow.start('suspension', {
        workflowId,
        taskQueue: 'process',
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `${input.measure} ${input.targets.length} target(s)`,
      }),
    );
  } catch (error) {
    if (!emergency || !(error instanceof Down)) throw error;
    return sheetResult(context, workflowId, input, error.sentence, false);
  }
  app.progress(flags, {
    en: emergency ? `${workflowId} is started; waiting for the read-back ...` : `${workflowId} is started.`,
    ja: emergency ? `${workflowId} を開始しました。停止の確認を待っています…` : `${workflowId} を開始しました。`,
  });
  const job = await follow(context, workflowId, emergency);
  if (job) return standingResult(context, [job]);
  if (emergency) return sheetResult(context, workflowId, input, notTakenUp, true);
  return {
    data: { workflowId, started: true, stage: null },
    page: (page) => page.text(page.t(notTakenUpYet(workflowId)), 0, 'yellow'),
  };
}

/** How long an emergency stop is watched here; it goes on by itself in any case. */
const FOLLOW_MS = 20_000;
/** A worker takes a start up within a second; a restarted one within some. */
const TAKEN_UP_MS = 10_000;

/** Waits for the workflow's first word in the register, and in an emergency until every target is read back or time is up. */
async function follow(context: Context, workflowId: string, emergency: boolean): Promise<OpenJob | undefined> {
  const client = await context.temporal();
  const handle = client.workflow.getHandle(workflowId);
  const started = Date.now();
  for (let turn = 1; ; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const job = await context
      .register()
      .then((db) => readJob(db, workflowId))
      .catch(() => undefined);
    const waited = Date.now() - started;
    if (job && (!emergency || targetsHeld(job) || waited > FOLLOW_MS)) return job;
    // A refused start fails its run: that sentence is the answer.
    if (!job && turn % 5 === 0) {
      const { status } = await handle.describe();
      if (status.name === 'FAILED') {
        const failure = await handle.result().catch((error: Error) => error.cause);
        throw failure;
      }
    }
    if (!job && waited > TAKEN_UP_MS) return undefined;
  }
}

const notTakenUp = {
  en: 'Temporal took the stop, but no worker carries it out: the workers or the register are down. Look at "hikeshi status".',
  ja: 'Temporal は停止を受け付けましたが、実行するワーカーがありません（ワーカーまたは台帳が停止中）。hikeshi status を確認してください。',
};

const notTakenUpYet = (id: string) => ({
  en: `${id} is started, but no worker has taken it up yet. Look at "hikeshi status".`,
  ja: `${id} を開始しましたが、まだワーカーが処理していません。hikeshi status を確認してください。`,
});

async function sheetResult(
  context: Context,
  workflowId: string,
  input: SuspensionInput,
  why: Sheet['why'],
  started: boolean,
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

async function lift(
  context: Context,
  workflowId: string,
  flags: { by?: string | undefined; reason?: string | undefined; dryRun?: true | undefined },
): Promise<Result> {
  parseWorkflowId('suspension', workflowId);
  const { by, reason } = flags;
  requireFlags({ by, reason }, `npx hikeshi suspend lift ${workflowId} --by owner-mijica --reason 'The control is in place and tested'`);
  const input = parseInput(ProposeLiftInput, { v: 1, by, reason }, examples.proposeLift);
  if (flags.dryRun) {
    const job = await context.asking(readJob(await context.register(), workflowId));
    const { documents } = await context.documents();
    authorise(documents.roster, documents.decisions, {
      rule: 'suspension.proposeLift',
      verdict: 'propose',
      by: input.by,
      at: context.now(),
      votes: [],
    });
    const held = job.of.job === 'suspension' && job.of.state.phase === 'ordered' && !job.of.state.lift;
    if (!held) throw new Refusal(nothingToLift(workflowId, job.stage));
    return {
      data: { dryRun: true, workflowId, input, stage: job.stage, questions: questionsOf(job.of) },
      page: (page) =>
        page.text(
          page.t({
            en: `The lift of ${workflowId} would be proposed. Nothing is lifted until somebody else decides it (subject "lift").`,
            ja: `${workflowId} の解除を提案します。別の人が判断する（subject「lift」）まで、何も解除しません。`,
          }),
        ),
    };
  }
  const client = await context.temporal();
  await client.withDeadline(Date.now() + UPDATE_MS, () =>
    client.workflow.getHandle(workflowId).executeUpdate('proposeLift', { args: [input] }),
  );
  return standingResult(context, [await context.asking(readJob(await context.register(), workflowId))]);
}

const nothingToLift = (id: string, stage: string) => ({
  en: `There is nothing to propose: ${id} is ${stage}. Look at "hikeshi suspend status ${id}".`,
  ja: `提案できるものがありません。${id} は ${stage} です。hikeshi suspend status ${id} で確認してください。`,
});
