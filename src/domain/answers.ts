import { z } from 'zod';
import { DateSchema } from './date.js';
import { KeyPart } from './ids.js';
import type { Sentence } from './sentence.js';

/** What a provider may say of an item. */
export const CLAIMS = ['implemented', 'partly', 'not-implemented', 'not-applicable', 'disputed'] as const;
export type Claim = (typeof CLAIMS)[number];

/** Claims that say nothing without words: what is missing, why not applicable, what is disputed. */
export const CLAIMS_WITH_REASON: ReadonlySet<Claim> = new Set<Claim>(['partly', 'not-applicable', 'disputed']);
/** Claims after which something is still to be done, so that a date makes sense. */
export const CLAIMS_WITH_DATE: ReadonlySet<Claim> = new Set<Claim>(['partly', 'not-implemented']);

/** In characters (UTF-16 units). About five printed pages: what is longer is a document, to be attached. */
export const MAX_TEXT = 10_000;
/** Files of one item. */
export const MAX_FILES = 20;
const MAX_ITEMS = 500;

/** Control characters but tab and line feed, and halves of characters: PostgreSQL's JSON and spreadsheets take none. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const UNWRITABLE = /[\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]|\p{Surrogate}/u;

/** Text as people may send it: line ends made one, what cannot be written down left out. */
export function cleanText(text: string): string {
  const all = new RegExp(UNWRITABLE, 'gu');
  return text.replace(/\r\n?/g, '\n').replace(all, '').trim();
}

const plainText = (max: number) =>
  z
    .string()
    .max(max)
    .transform((text) => text.replace(/\r\n?/g, '\n'))
    .refine((text) => !UNWRITABLE.test(text), 'text without control characters ／ 制御文字を含まない文字列');

export const InspectionId = z
  .string()
  .regex(
    /^providerInspection\/[A-Z0-9]+(?:-[A-Z0-9]+)*\/[a-z0-9]+(?:-[a-z0-9]+)*$/,
    'the id of an inspection, e.g. providerInspection/R2020/c1 ／ 点検のID（例: providerInspection/R2020/c1）',
  );

export const EvidenceHash = z
  .string()
  .regex(
    /^sha256:[0-9a-f]{64}$/,
    'the hash of a stored file, sha256: and 64 hexadecimal digits ／ 保存済みファイルのハッシュ（sha256: と16進64桁）',
  );

/** Chosen by the sender, so that sending again is harmless. */
export const SubmissionId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{7,79}$/,
    '8 to 80 letters, digits, dots, hyphens or underscores ／ 英数字・ドット・ハイフン・下線の8～80文字',
  );

const AnswerSchema = z
  .strictObject({
    item: KeyPart.max(80),
    claim: z.enum(CLAIMS),
    text: plainText(MAX_TEXT).default(''),
    evidence: z.array(EvidenceHash).max(MAX_FILES).default([]),
    /** When the provider means to have done it. */
    dueBy: DateSchema.optional(),
  })
  .refine(({ claim, text }) => !CLAIMS_WITH_REASON.has(claim) || text.trim() !== '', {
    path: ['text'],
    message: 'an explanation, since the claim needs one ／ 説明文（この回答には理由が必要です）',
  })
  .refine(({ claim, dueBy }) => dueBy === undefined || CLAIMS_WITH_DATE.has(claim), {
    path: ['dueBy'],
    message:
      'left out unless the claim is partly or not-implemented ／ claim が partly か not-implemented のとき以外は省略',
  });

/** What a provider answers, by whichever way: page, spreadsheet, webhook, signal. */
export const AnswersSchema = z.strictObject({
  v: z.literal(1),
  inspection: InspectionId,
  /** Name or id of the contact. */
  by: plainText(200).refine((by) => by.trim() !== '', 'a name or an id ／ 名前かID'),
  submission: SubmissionId,
  items: z
    .array(AnswerSchema)
    .min(1)
    .max(MAX_ITEMS)
    .refine(
      (items) => new Set(items.map(({ item }) => item)).size === items.length,
      'a list in which no item occurs twice ／ 同じ項目が二度現れないリスト',
    ),
});

export type Answer = z.output<typeof AnswerSchema>;
export type Answers = z.output<typeof AnswersSchema>;

/** What the workflow is told: the answers themselves stay in the register. */
export interface AnswersGiven {
  readonly v: 1;
  readonly submission: string;
}

/** Tells an inspection's workflow that answers came in. */
export interface AnswersSignaller {
  /**
   * @throws NobodyListens when no such inspection runs; anything else when it could not be told now. The workflow must
   * take a repeated one as the same.
   */
  answersGiven(inspection: string, given: AnswersGiven): Promise<void>;
}

/** The inspection's workflow is closed or was never started: sending again does not help by itself. */
export class NobodyListens extends Error {
  constructor() {
    super('no run of this inspection takes signals');
    this.name = 'NobodyListens';
  }
}

/** By which way answers came. */
export const CHANNELS = ['page', 'sheet', 'webhook', 'signal'] as const;
export type AnswerChannel = (typeof CHANNELS)[number];

/** `R2020-c1-3`: what people quote on the telephone. */
export function receiptNumber(inspection: string, n: number): string {
  return `${inspection.split('/').slice(1).join('-')}-${n}`;
}

/** The page behind a secret link. */
export function answerPage(formsUrl: string, token: string): string {
  return `${formsUrl.replace(/\/+$/, '')}/a/${token}`;
}

/** A claim as people read it. */
export const CLAIM_WORDS: Readonly<Record<Claim, Sentence>> = {
  implemented: { en: 'Implemented', ja: '実施済み' },
  partly: { en: 'Partly implemented', ja: '一部実施' },
  'not-implemented': { en: 'Not implemented', ja: '未実施' },
  'not-applicable': { en: 'Not applicable', ja: '該当なし' },
  disputed: { en: 'We object to this item', ja: '異議あり' },
};
