import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { INSPECTION_NOTICE_EXAMPLE, NoticeSchema, noticeId, type Notice } from '../../domain/notice.js';
import { Refusal } from '../../domain/refusal.js';
import { checkFields, parseTemplate } from './liquid.js';

const FrontSchema = z.strictObject({ subject: z.string().trim().min(1), version: z.string().min(1) });

/**
 * Reads and checks the texts `<name>.<ja|en>.md` of some folders: front matter (subject, version), then Markdown with
 * Liquid. A later folder's text takes the place of an earlier one's; a folder that does not exist has none.
 * @throws Refusal with file and line for what is wrong, and for a text without its other language
 */
export async function readNotices(...folders: string[]): Promise<Notice[]> {
  const notices = new Map<string, Notice>();
  for (const folder of folders) {
    const files = (await filesOf(folder)).filter((file) => file.endsWith('.md') && file !== 'README.md');
    for (const file of files.sort()) {
      const notice = readNotice(file, await readFile(path.join(folder, file), 'utf8'));
      for (const part of ['subject', 'body'] as const) {
        checkFields(notice, part, parseTemplate(notice, part), INSPECTION_NOTICE_EXAMPLE);
      }
      notices.set(noticeId(notice), notice);
    }
  }
  for (const { name, lang } of notices.values()) {
    const other = lang === 'ja' ? 'en' : 'ja';
    if (notices.has(noticeId({ name, lang: other }))) continue;
    throw new Refusal({
      en: `The text ${name}.${lang}.md has no ${name}.${other}.md beside it. Write it too.`,
      ja: `文面 ${name}.${lang}.md と対になる ${name}.${other}.md がありません。作成してください。`,
    });
  }
  return [...notices.values()];
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** One text from its file's name and content. @throws Refusal */
export function readNotice(file: string, content: string): Notice {
  const [, name, lang] = /^([a-z0-9-]+)\.(ja|en)\.md$/.exec(file) ?? [];
  if (name === undefined || lang === undefined) {
    throw wrong(
      file,
      'its name must be <name>.ja.md or <name>.en.md',
      'ファイル名は <名前>.ja.md か <名前>.en.md です',
    );
  }
  const [whole, front] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(content) ?? [];
  if (whole === undefined || front === undefined) {
    throw wrong(
      file,
      'it must begin with "---", subject, version and "---"',
      '先頭に「---」で囲んだ subject と version が必要です',
    );
  }
  const { subject, version } = frontOf(file, front);
  const before = content.slice(0, content.indexOf(front) + front.search(/^subject:/m));
  const body = content.slice(whole.length);
  const lines = { subject: lineOf(before), body: lineOf(whole) };
  const notice = NoticeSchema.safeParse({ name, lang, version, subject, body, lines });
  if (notice.success) return notice.data;
  throw wrong(file, 'the text after the front matter is missing', '本文がありません');
}

function frontOf(file: string, front: string) {
  let given: unknown;
  try {
    given = parse(front);
  } catch (error) {
    const problem = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    throw wrong(file, problem, problem);
  }
  const result = FrontSchema.safeParse(given);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.map(String).join('.') || 'subject',
  );
  throw wrong(
    file,
    `the front matter must have subject and version as text and nothing else (${fields.join(', ')})`,
    `先頭の項目は文字列の subject と version だけにしてください（${fields.join('、')}）`,
  );
}

function lineOf(before: string): number {
  return before.split('\n').length;
}

function wrong(file: string, en: string, ja: string): Refusal {
  return new Refusal({
    en: `The text ${file} is not right: ${en}. Mend it there.`,
    ja: `文面 ${file} に誤りがあります: ${ja}。該当箇所を直してください。`,
  });
}
