import { inboundMailId, mailSettled, type InboundTaken } from '../domain/inboundMail.js';
import { readText } from '../connectors/mail/inbound.js';
import { Refusal } from '../domain/refusal.js';
import { authorise } from '../domain/roster.js';
import { mailWords } from '../domain/wording/inboundMail.js';
import { oneCloser } from '../store/duties.js';
import { inboundMail, openMails, rawMail, settleMail, type InboundMail } from '../store/inboundMails.js';
import type { Db } from '../store/open.js';
import { record } from '../store/record.js';
import type { Result } from './app.js';
import { modeOf } from './clock.js';
import type { Context } from './context.js';
import type { ActingFlags } from './options.js';
import { requireFlags } from './input.js';
import { local, oneLine } from './output.js';
import { write } from './roundReport.js';

/** The id of a received mail, as its task and its receipt tell it. */
export const MAIL_ID = /^[0-9a-f]{32}$/;

const UNTOLD = {
  en: 'Kept, and nobody was told yet: the register or Temporal was down. The next sweep tells the inspection; settle it only if nobody needs to be told.',
  ja: '保存済みですが、台帳または Temporal の停止により、まだ誰にも知らせていません。次回の定期実行で点検に知らせます。知らせる必要がない場合にだけ、完了にしてください。',
};

const wordsOf = ({ id, taken }: InboundMail) => (taken ? mailWords(id, taken as unknown as InboundTaken) : UNTOLD);

export async function listMails(context: Context): Promise<Result> {
  const db = await context.register();
  const zone = await context.zone();
  const mails = await context.asking(openMails(db));
  return {
    data: { mails },
    page: (page) => {
      page.heading(page.t({ en: `Mails to look at (${mails.length})`, ja: `確認が必要なメール（${mails.length}件）` }));
      if (mails.length === 0) page.text(page.t({ en: 'None.', ja: 'ありません。' }), 2);
      for (const mail of mails) {
        page.raw();
        page.raw(
          `  ${page.paint(local(mail.receivedAt, zone), 'bold')}  ${oneLine(mail.from)}  ${oneLine(mail.subject)}`,
        );
        page.text(page.t(wordsOf(mail)), 2);
        page.code(`npx hikeshi mail show ${mail.id}`);
      }
    },
  };
}

export async function showMail(context: Context, id: string, out?: string): Promise<Result> {
  const db = await context.register();
  const zone = await context.zone();
  const mail = await context.asking(known(db, id));
  const raw = (await context.asking(rawMail(db, id)))!;
  if (out !== undefined) {
    await write(out, raw);
    return {
      data: { id, out, bytes: raw.byteLength },
      page: (page) => page.text(page.t({ en: `Written to ${out}.`, ja: `${out} に書き出しました。` })),
    };
  }
  const text = await readText(raw);
  return {
    data: { ...mail, text },
    page: (page) => {
      page.raw(page.paint(`${local(mail.receivedAt, zone)}  ${oneLine(mail.from)}  ${oneLine(mail.subject)}`, 'bold'));
      page.text(page.t(wordsOf(mail)), 2);
      page.raw();
      for (const line of text.split('\n')) page.raw(`  ${oneLine(line)}`);
      page.raw();
      page.code(`npx hikeshi mail show ${id} --out mail.eml`);
      if (!mail.settledAt) page.code(`npx hikeshi mail settle ${id} --by YOUR-ID --reason WHAT-WAS-DONE`);
    },
  };
}

/** Closes the task of a stray mail. The same again changes nothing. */
export async function settle(context: Context, id: string, { by, reason }: ActingFlags): Promise<Result> {
  requireFlags(
    { by, reason },
    `npx hikeshi mail settle ${id} --by provider-manager-1 --reason 'Advertising, nothing to do'`,
  );
  const db = await context.register();
  await context.asking(known(db, id));
  const { at } = await context.asking(modeOf(db, context.now()));
  const { roster, decisions } = (await context.documents()).documents;
  authorise(roster, decisions, { rule: 'mail.settle', verdict: 'settle', by: by!, at, votes: [] });
  const store = context.store();
  await oneCloser(store, inboundMailId(id), async () => {
    if ((await known(db, id)).settledAt) return;
    const opened = await db
      .selectFrom('timeline')
      .select('sequence')
      .where('workflow_id', '=', inboundMailId(id))
      .executeTakeFirst();
    const sequence = opened ? 2 : 1;
    await record(store, {
      workflowId: inboundMailId(id),
      job: 'inboundMail',
      incident: '-',
      stage: 'SETTLED',
      closed: true,
      needsHuman: false,
      state: { mail: id },
      sequence,
      transitions: [{ ...mailSettled(id, { by: by!, reason: reason! }, at), sequence, recordedAt: at }],
    });
    await settleMail(db, id, at);
  });
  return {
    data: { id, settled: true },
    page: (page) => page.text(page.t({ en: 'Settled.', ja: '対応済みにしました。' }), 0, 'green'),
  };
}

async function known(db: Db, id: string): Promise<InboundMail> {
  const mail = await inboundMail(db, id);
  if (mail) return mail;
  throw new Refusal({
    en: `The register holds no mail ${id}. See "hikeshi mail list" for those to look at.`,
    ja: `台帳にメール ${id} はありません。hikeshi mail list で一覧を確認してください。`,
  });
}
