import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { takeMail } from '../activities/inboundMail.js';
import { inspectionSignals } from '../connectors/inspectionSignals.js';
import { Refusal } from '../domain/refusal.js';
import { openKeyRing } from '../worker/keyRing.js';
import type { App, Result, Word } from './app.js';
import type { Context } from './context.js';
import { settle, listMails, MAIL_ID, showMail } from './mailStray.js';
import { commonOptions } from './options.js';
import { local, oneLine } from './output.js';

/** Mails that came back, and answers by mail. */
export function mailCommands(app: App, ...word: Word) {
  const common = commonOptions(app);
  const group = app.group(...word);
  group.addCommand(
    app
      .command('take', {
        en: 'take in a received mail: a bounce becomes a task, an answer is kept for its inspection',
        ja: '受信メールを取り込む（不達は対応待ちに、返信は該当する点検に保存する）',
      })
      .argument(
        '<file>',
        app.t('the mail as it came (.eml), or - for standard input', '受信したままのメール（.eml）。標準入力は -'),
      )
      .action((file, flags) => app.run(flags, (context) => take(context, file))),
  );
  group.addCommand(
    app
      .command('show', {
        en: 'answers of a unit by mail, or one received mail',
        ja: '対象からの返信、または受信メール1通を表示する',
      })
      .argument(
        '<inspection>',
        app.t(
          'e.g. providerInspection/R2020/c1, or the id of a mail',
          '例: providerInspection/R2020/c1、またはメールのID',
        ),
      )
      .option(
        '--out <file>',
        app.t('write the one mail there, as it came (.eml)', '受信したままのメールの出力先（.eml）'),
      )
      .action((name, flags) =>
        app.run(flags, (context) => (MAIL_ID.test(name) ? showMail(context, name, flags.out) : show(context, name))),
      ),
  );
  group.addCommand(
    app
      .command('list', {
        en: 'received mails that somebody has to look at',
        ja: '人の確認が必要な受信メールの一覧',
      })
      .action((flags) => app.run(flags, listMails)),
  );
  group.addCommand(
    app
      .command('settle', {
        en: 'somebody looked at a received mail and did what it asks',
        ja: '受信メールを確認し、対応を終えたことを記録する',
      })
      .argument('<mail>', app.t('id of the mail', 'メールのID'))
      .addOption(common.by)
      .addOption(common.reason)
      .action((id, flags) => app.run(flags, (context) => settle(context, id, flags))),
  );
  return group;
}

async function take(context: Context, file: string): Promise<Result> {
  const raw = await read(file);
  await context.register();
  const client = await context.temporal();
  const { config, env } = context;
  const { signal } = inspectionSignals(() => Promise.resolve(client));
  const receipt = await takeMail(
    {
      store: context.store(),
      keys: openKeyRing(config.stateDir, env).all(config.namespace),
      signal,
      now: () => context.now(),
    },
    raw,
  );
  return { data: receipt, page: (page) => page.text(page.t(receipt.sentence)), exitCode: receipt.stray ? 1 : 0 };
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return file === '-' ? await buffer(process.stdin) : await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new Refusal({
      en: `The file ${file} cannot be read (${code}). Name the mail as it was received, or "-" for standard input.`,
      ja: `ファイル ${file} を読めません（${code}）。受信したままのメールのファイルか、標準入力なら「-」を指定してください。`,
    });
  }
}

async function show(context: Context, inspection: string): Promise<Result> {
  const db = await context.register();
  const zone = await context.zone();
  const replies = await context.asking(
    db
      .selectFrom('provider_reply')
      .selectAll()
      .where('workflow_id', '=', inspection)
      .orderBy('received_at')
      .orderBy('id')
      .execute(),
  );
  return {
    data: { inspection, replies },
    page: (page) => {
      if (replies.length === 0)
        page.text(
          page.t({ en: `No answer by mail to ${inspection}.`, ja: `${inspection} へのメールの返信はありません。` }),
        );
      for (const { received_at: at, from, subject, text, automatic } of replies) {
        page.raw(
          page.paint(`${local(at, zone)}  ${oneLine(from)}  ${oneLine(subject)}${automatic ? '  (auto)' : ''}`, 'bold'),
        );
        for (const line of text.split('\n')) page.raw(`  ${oneLine(line)}`);
        page.raw();
      }
    },
  };
}
