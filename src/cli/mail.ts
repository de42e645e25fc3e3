import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { takeMail, type InboundTaken } from '../activities/inboundMail.js';
import type { Json } from '../domain/json.js';
import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import { openKeyRing } from '../worker/keyRing.js';
import type { App, Result } from './app.js';
import type { Context } from './context.js';
import { local } from './output.js';

/** Mails that came back, and answers by mail. */
export function mailCommands(app: App) {
  const group = app.group('mail', {
    en: 'mails from providers: take one in, show what was written',
    ja: '事業者からのメール: 取り込み take、表示 show',
  });
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
      .command('show', { en: 'answers of a unit by mail', ja: '対象からのメールの返信を表示する' })
      .argument('<inspection>', app.t('e.g. providerInspection/R2020/c1', '例: providerInspection/R2020/c1'))
      .action((inspection, flags) => app.run(flags, (context) => show(context, inspection))),
  );
  return group;
}

async function take(context: Context, file: string): Promise<Result> {
  const raw = await read(file);
  const db = await context.register();
  const client = await context.temporal();
  const { config, env } = context;
  const taken = await takeMail(
    {
      db,
      keys: openKeyRing(config.stateDir, env).all(config.namespace),
      signal: (workflowId, name, input) => signal(client, workflowId, name, input),
      now: () => context.now(),
    },
    raw,
  );
  const found = taken.kind !== 'unmatched';
  const told = !found || taken.told || (taken.kind === 'bounce' ? !taken.permanent : taken.automatic);
  return { data: taken, page: (page) => page.text(page.t(said(taken))), exitCode: found && told ? 0 : 1 };
}

/** @returns false when no run takes it */
async function signal(client: Client, workflowId: string, name: string, input: Json): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).signal(name, input);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
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

function said(taken: InboundTaken): Sentence {
  if (taken.kind === 'unmatched')
    return {
      en: `The mail belongs to no mail of ours (${taken.why}). A person looks at it.`,
      ja: `当方のメールに対応しません（${taken.why}）。人が確認してください。`,
    };
  const { inspection, told } = taken;
  if (taken.kind === 'bounce' && !taken.permanent)
    return {
      en: `A mail to ${inspection} is delayed; the relay still tries.`,
      ja: `${inspection} へのメールは配送が遅れています（再送中）。`,
    };
  if (taken.kind === 'reply' && taken.automatic)
    return {
      en: `An automatic answer to ${inspection} is kept; nobody is called.`,
      ja: `${inspection} への自動応答を保存しました（対応は不要です）。`,
    };
  if (!told)
    return {
      en: `Kept for ${inspection}, but it does not run any more: tell the provider manager yourself.`,
      ja: `${inspection} に保存しましたが、点検は実行中ではありません。提携先管理に直接知らせてください。`,
    };
  return taken.kind === 'bounce'
    ? {
        en: `A mail to ${inspection} came back. The provider manager is called.`,
        ja: `${inspection} へのメールが戻りました。提携先管理に知らせました。`,
      }
    : {
        en: `An answer to ${inspection} is kept. The provider manager is called.`,
        ja: `${inspection} への返信を保存し、提携先管理に知らせました。`,
      };
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

/** What strangers wrote moves no cursor of a terminal. */
// eslint-disable-next-line no-control-regex -- they are what is taken out
const oneLine = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
