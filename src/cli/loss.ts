import type { Client } from '@temporalio/client';
import { LossConfirmed } from '../domain/containment.js';
import { examples } from '../domain/examples.js';
import { containmentId } from '../domain/ids.js';
import { parseInput } from '../domain/input.js';
import { functionOf } from '../domain/serviceMap.js';
import type { App, OutputOptions, Result, Word } from './app.js';
import { UPDATE_MS, type Context } from './context.js';
import { number, readInput, requireFlags } from './input.js';
import { commonOptions } from './options.js';

/**
 * Tells that a loss is confirmed: starts the containment of the function, or tells the one that runs. The same reference
 * sent twice, or before anything waits for it, is harmless.
 */
export async function confirmLoss(client: Client, loss: LossConfirmed): Promise<{ workflowId: string }> {
  const { incident, target } = loss;
  const workflowId = containmentId(incident, target);
  await client.workflow.signalWithStart('containment', {
    workflowId,
    taskQueue: 'process',
    args: [{ v: 1, incident, target }],
    signal: 'lossConfirmed',
    signalArgs: [loss],
  });
  return { workflowId };
}

interface LossFlags extends OutputOptions {
  readonly incident?: string | undefined;
  readonly target?: string | undefined;
  readonly reference?: string | undefined;
  readonly count?: number | undefined;
  readonly occurredAt?: string | undefined;
  readonly confirmedAt?: string | undefined;
  readonly failedControl?: string | undefined;
  readonly input?: string | undefined;
  readonly dryRun?: true | undefined;
}

export function lossCommands(app: App, ...word: Word) {
  const common = commonOptions(app);
  const group = app.group(...word);
  group.addCommand(
    app
      .command('confirm', {
        en: 'a loss is confirmed: opens the decision to suspend, restrict or continue',
        ja: '被害を確認した: 停止・制限・継続の判断を開始する',
      })
      .addOption(common.incident)
      .option('--target <id>', app.t('the function, e.g. mijica-transfer', '機能。例: mijica-transfer'))
      .option(
        '--reference <key>',
        app.t('your key of the finding; the same key counts once', '確認の整理番号。同じ番号は一度だけ数える'),
      )
      .option('--count <cases>', app.t('cases', '件数'), number)
      .option(
        '--occurred-at <instant>',
        app.t('e.g. 2026-11-23T09:00:00+09:00', '発生日時。例: 2026-11-23T09:00:00+09:00'),
      )
      .option(
        '--confirmed-at <instant>',
        app.t('start of the clocks; now when left out', '確認日時（時限の起点）。省略時は現在'),
      )
      .addOption(common.failedControl)
      .addOption(common.input('the whole signal', 'シグナル全体'))
      .addOption(common.dryRun('show what would be sent', '送る内容を表示する'))
      .action((flags) => app.run(flags, (context) => confirm(context, flags))),
  );
  return group;
}

async function confirm(context: Context, flags: LossFlags): Promise<Result> {
  const loss = parseInput(LossConfirmed, await rawOf(context, flags), examples.lossConfirmed);
  const workflowId = containmentId(loss.incident, loss.target);
  // A signal cannot be answered, so what the service map does not name is refused here.
  const { documents } = await context.documents();
  functionOf(documents.services, loss.target);
  if (!flags.dryRun) {
    const client = await context.temporal();
    await client.withDeadline(Date.now() + UPDATE_MS, () => confirmLoss(client, loss));
  }
  return {
    data: {
      workflowId,
      signal: 'lossConfirmed',
      json: loss,
      dryRun: flags.dryRun ?? false,
      link: context.link(workflowId),
    },
    page: (page) => {
      page.text(
        flags.dryRun
          ? page.t({ en: `This would be sent to ${workflowId}:`, ja: `次の内容を ${workflowId} に送ります:` })
          : page.t({
              en: `${workflowId} knows of it. Look at "hikeshi status" for the decision that waits.`,
              ja: `${workflowId} に伝えました。待っている判断は hikeshi status で確認してください。`,
            }),
      );
      if (flags.dryRun) page.code(JSON.stringify(loss), 2);
      page.raw(page.paint(context.link(workflowId), 'dim'));
    },
  };
}

async function rawOf(context: Context, flags: LossFlags): Promise<unknown> {
  if (flags.input !== undefined) return readInput(flags.input);
  const { incident, target, reference, count, occurredAt, confirmedAt = context.now(), failedControl } = flags;
  requireFlags(
    { incident, target, reference, count, 'occurred-at': occurredAt },
    'npx hikeshi loss confirm --incident B --target mijica-transfer --reference case-1 --count 4 --occurred-at 2026-11-23T09:00:00+09:00',
  );
  return {
    v: 1,
    incident,
    target,
    reference,
    count,
    occurredAt,
    confirmedAt,
    ...(failedControl !== undefined && { failedControl }),
  };
}
