import { z } from 'zod';
import { KeyPart } from './ids.js';
import type { DueDay } from './wording/due.js';

/**
 * One outgoing text in one language: whole texts, since whole texts are approved. Kept as versioned data, one document
 * for each `notice/<name>.<lang>`.
 */
export const NoticeSchema = z.strictObject({
  name: KeyPart,
  lang: z.enum(['ja', 'en']),
  version: z.string().min(1),
  /** One line of text with Liquid. */
  subject: z.string().min(1),
  /** Markdown with Liquid. */
  body: z.string().min(1),
  /** Lines of the file `<name>.<lang>.md` at which subject and body begin, so that a fault is told by its place. */
  lines: z.strictObject({ subject: z.int().min(1), body: z.int().min(1) }),
});
export type Notice = z.output<typeof NoticeSchema>;

/** A notice among others: its file's name without the ending. Kept in the register as `notice/<id>`. */
export function noticeId({ name, lang }: Pick<Notice, 'name' | 'lang'>): string {
  return `${name}.${lang}`;
}

/**
 * What texts of an inspection may say, in the reader's language. A field that does not apply is null: a text that names
 * a field which does not exist is refused, also where it would not be shown.
 */
export interface InspectionNoticeData {
  readonly unit: { readonly id: string; readonly name: string };
  readonly round: { readonly id: string; readonly title: string };
  readonly contact: { readonly name: string };
  /** In whose name the text is written. */
  readonly institution: string;
  /** Whom to ask, and how to make sure that the mail is genuine. */
  readonly desk: { readonly name: string; readonly mail: string; readonly phone: string | null };
  /** The secret link, and the last day on which it opens (`YYYY-MM-DD`). */
  readonly link: string;
  readonly linkUntil: string;
  readonly due: DueDay;
  /** Calendar days until the due day, or since it once it is past. */
  readonly days: number;
  readonly counts: { readonly asked: number; readonly mandatory: number; readonly open: number };
  /** The items that this text is about: questions of a follow-up, promises that come due. */
  readonly items: readonly { readonly item: string; readonly text: string; readonly due: DueDay | null }[];
}

/** The texts that an inspection sends, each in ja and en. */
export const INSPECTION_NOTICES = [
  'inspection-request',
  'inspection-reminder',
  'inspection-overdue',
  'inspection-follow-up',
  'remediation-reminder',
] as const;
export type InspectionNoticeName = (typeof INSPECTION_NOTICES)[number];

/** Every field once: a text is checked against it when it is read, and previews show it. */
export const INSPECTION_NOTICE_EXAMPLE = {
  unit: { id: 'c1', name: 'C1' },
  round: { id: 'R2020', title: '総点検 2020 / Inspection 2020' },
  contact: { name: 'C1 点検ご担当' },
  institution: 'サンプル銀行 / Sample Bank',
  desk: { name: '総点検事務局 / Inspection desk', mail: 'inspection@bank.example', phone: '0120-000-000' },
  link: 'https://hikeshi.example/a/abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwxyz2345',
  linkUntil: '2020-11-30',
  due: { date: '2020-10-31', lastOpenDay: '2020-10-30' },
  days: 3,
  counts: { asked: 36, mandatory: 30, open: 12 },
  items: [
    {
      item: 'link-two-factor',
      text: '口座登録時の二要素認証 / Two-factor when linking',
      due: { date: '2020-12-31', lastOpenDay: '2020-12-30' },
    },
  ],
} satisfies InspectionNoticeData;
