import { answered, DecisionSchema, type Decision, type DecisionReceipt } from '../domain/decision.js';
import { examples } from '../domain/examples.js';
import { parseInput } from '../domain/input.js';
import { Refusal } from '../domain/refusal.js';
import { stands } from '../domain/wording/standing.js';
import type { App, Result, Word } from './app.js';
import { UPDATE_MS, type Context } from './context.js';
import { readInput, requireFlags } from './input.js';
import { askRun, questionsOf, readJob, refusalFor, waiting, type JobState } from './jobs.js';
import { commonOptions, type ActingFlags } from './options.js';
import { Down } from './down.js';
import { underWayOf, showPreview } from './suspendPreview.js';
import { previewOf, showWaiting } from './suspendStatus.js';

export interface DecideFlags extends ActingFlags {
  readonly subject?: string | undefined;
  readonly verdict?: string | undefined;
  readonly digest?: string | undefined;
  readonly input?: string | undefined;
}

export function decideCommand(app: App, ...word: Word) {
  const common = commonOptions(app);
  return app
    .command(...word)
    .addArgument(common.workflow)
    .option('--subject <subject>', app.t('what is decided, e.g. approve', '判断の対象。例: approve'))
    .option('--verdict <verdict>', app.t('the decision, e.g. approve or refuse', '判断。例: approve、refuse'))
    .addOption(common.by)
    .addOption(common.reason)
    .option('--digest <digest>', app.t('digest of what you were shown', '表示された内容の要約値'))
    .addOption(common.input('the whole decision', '判断全体'))
    .addOption(common.dryRun('show the question and who may decide', '質問と判断できる人を表示する'))
    .action((workflowId, flags) => app.run(flags, (context) => decide(context, workflowId, flags)));
}

/** Sends a decision; without its digest, or as a dry run, shows what is asked. */
export async function decide(context: Context, workflowId: string, flags: DecideFlags): Promise<Result> {
  const given = flags.input === undefined ? fromFlags(flags) : ((await readInput(flags.input)) as Partial<Decision>);
  if (flags.dryRun || given.digest === undefined) return ask(context, workflowId, given, flags.dryRun ?? false);
  if (flags.input === undefined)
    requireFlags(
      { subject: flags.subject, verdict: flags.verdict, by: flags.by, reason: flags.reason },
      `npx hikeshi decide ${workflowId} --subject approve --verdict approve --by commander-1 --reason 'Losses go on' --digest ${flags.digest}`,
    );
  const decision = parseInput(DecisionSchema, given, examples.decide);
  const client = await context.temporal();
  const receipt = await client.withDeadline(Date.now() + UPDATE_MS, () =>
    client.workflow.getHandle(workflowId).executeUpdate<DecisionReceipt, [Decision]>('decide', { args: [decision] }),
  );
  return {
    data: { workflowId, receipt },
    page: (page) => {
      page.text(page.t(receipt.message), 0, receipt.complete ? 'green' : 'yellow');
      page.raw(`${workflowId}   ${receipt.subject}: ${receipt.verdict}   ${receipt.by}`);
    },
  };
}

const fromFlags = ({ subject, verdict, by, reason, digest }: DecideFlags): Partial<Decision> => ({
  v: 1,
  ...(subject !== undefined && { subject }),
  ...(verdict !== undefined && { verdict }),
  ...(by !== undefined && { by }),
  ...(reason !== undefined && { reason }),
  ...(digest !== undefined && { digest }),
});

/** Shows what is asked. The digest is never filled in here: what is approved must be what somebody saw. */
async function ask(context: Context, workflowId: string, given: Partial<Decision>, dryRun: boolean): Promise<Result> {
  const of = await stateOf(context, workflowId);
  const all = questionsOf(of);
  const questions = given.subject === undefined ? all : all.filter(({ subject }) => subject === given.subject);
  // The same refusal as the workflow's: nobody asked, or another verdict or digest than those that fit.
  if (given.subject !== undefined || all.length === 0) {
    const asked = questions[0];
    const { verdict = asked?.verdicts[0] ?? '', digest = asked?.digest ?? '', subject = '-' } = given;
    answered(
      all,
      { v: 1, subject, verdict, by: given.by ?? '', reason: given.reason ?? '', digest },
      stands({ diverged: false }),
    );
  }
  const { documents } = await context.documents();
  const at = context.now();
  const zone = await context.zone();
  if (given.by !== undefined)
    for (const question of questions) {
      const verdicts = given.verdict === undefined ? question.verdicts : [given.verdict];
      const refusals = verdicts.map((verdict) => refusalFor(documents, of, question, given.by!, at, verdict));
      const [refusal] = refusals;
      if (refusal && refusals.every((each) => each !== undefined)) throw refusal;
    }
  const link = context.link(workflowId);
  const { incident } = of.state;
  const shown = questions.map((question) => waiting({ workflowId, incident, of }, question, documents, at, link));
  const { preview } = previewOf(of);
  const underWay = preview && (await underWayOf(context, preview));
  return {
    data: { decided: false, dryRun, workflowId, questions: shown, ...(preview && { preview, underWay }) },
    page: (page) => {
      page.heading(
        dryRun
          ? page.t({ en: 'DRY RUN: nothing is decided', ja: '確認のみ（何も判断しません）' })
          : page.t({ en: 'NOT DECIDED YET: the digest is missing', ja: '未判断: 要約値がありません' }),
        'yellow',
      );
      page.raw(workflowId);
      if (preview) showPreview(page, preview, { documents, zone, underWay });
      for (const question of shown) {
        showWaiting(page, question, at, zone);
        page.raw(`    ${page.t({ en: 'digest', ja: '要約値' })} ${page.paint(question.digest, 'bold')}`);
      }
      page.raw();
      page.text(
        page.t({
          en: `Look at what would be done (${lookAt(of)}), then send the decision with this digest.`,
          ja: `実施される内容を確認し（${lookAt(of)}）、この要約値を付けて判断を送ってください。`,
        }),
      );
    },
    exitCode: dryRun ? 0 : 1,
  };
}

/** The command that shows what a decision is about. */
function lookAt({ job, state }: JobState): string {
  if (job === 'providerInspection') return `hikeshi inspection show ${state.incident}/${state.unit}`;
  if (job !== 'inspectionRound') return `hikeshi suspend status ${state.id}`;
  return state.proposed
    ? `hikeshi round report ${state.incident} --digest ${state.proposed.digest}`
    : `hikeshi round status ${state.incident}`;
}

/** From the register; when it is down, from the running workflow. */
async function stateOf(context: Context, workflowId: string): Promise<JobState> {
  try {
    return (await context.asking(readJob(await context.register(), workflowId))).of;
  } catch (error) {
    if (!(error instanceof Down)) throw error;
    const asked = await context.temporal().then((client) => askRun(client, workflowId));
    if (asked.state) return asked;
    throw new Refusal(notOpenYet(workflowId));
  }
}

const notOpenYet = (id: string) => ({
  en: `${id} has not begun: it waits for the register. Look at "hikeshi status".`,
  ja: `${id} はまだ始まっていません（台帳を待っています）。hikeshi status を確認してください。`,
});
