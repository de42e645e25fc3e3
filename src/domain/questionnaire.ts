import { z } from 'zod';
import { CLAIMS, EvidenceHash, InspectionId, type Answers, type Claim } from './answers.js';
import { DateSchema } from './date.js';
import { EVIDENCE } from './framework/schema.js';
import { KeyPart } from './ids.js';
import { InstantSchema } from './instant.js';
import { Refusal } from './refusal.js';
import type { Language } from './sentence.js';

const SentenceSchema = z.strictObject({ ja: z.string(), en: z.string() });

const ThreadEntry = z.strictObject({
  from: z.enum(['provider', 'bank']),
  at: InstantSchema,
  text: z.string(),
  claim: z.enum(CLAIMS).optional(),
  evidence: z.array(EvidenceHash).optional(),
});

const QuestionnaireItem = z.strictObject({
  item: KeyPart,
  phase: z.int().min(1).max(5),
  mandatory: z.boolean(),
  text: SentenceSchema,
  /** Kinds of evidence, in the words of the framework. */
  evidenceAsked: z.array(z.string()),
  /** Asked only when that item was answered by one of these claims. */
  askIf: z.strictObject({ item: KeyPart, answered: z.array(z.enum(CLAIMS)).min(1) }).optional(),
  /** Oldest first. */
  thread: z.array(ThreadEntry),
  /** The answer as the inspection took it. */
  current: z
    .strictObject({
      claim: z.enum(CLAIMS),
      text: z.string(),
      evidence: z.array(EvidenceHash),
      dueBy: DateSchema.optional(),
    })
    .optional(),
  /** What the bank wants to know of it now. */
  asksAgain: z.string().optional(),
});

/** Everything that a provider sees of its inspection, and nothing that he must not see: made from the register. */
export const QuestionnaireSchema = z.strictObject({
  v: z.literal(1),
  inspection: InspectionId,
  unit: SentenceSchema,
  round: SentenceSchema,
  due: z.strictObject({ date: DateSchema, lastOpenDay: DateSchema }).optional(),
  lang: z.enum(['ja', 'en']),
  /** False once the inspection takes no more answers: what still comes is kept, and marked late. */
  open: z.boolean(),
  /** In whose name it is asked. */
  from: SentenceSchema.optional(),
  /** Whom a provider asks, with the address: `Inspection office, 03-0000-0000`. */
  ask: SentenceSchema.optional(),
  items: z.array(QuestionnaireItem),
});

export type Questionnaire = z.output<typeof QuestionnaireSchema>;
export type QuestionnaireItem = z.output<typeof QuestionnaireItem>;

/** Where questionnaires come from. */
export interface Questionnaires {
  /** Undefined for an inspection that asks nothing, or that does not exist. */
  of(inspection: string): Promise<Questionnaire | undefined>;
}

/**
 * The items that are asked, given what was answered so far. An item whose condition hangs on a hidden item is hidden.
 * @param claims by item; for an item that is not in it, the answer that the inspection took counts
 */
export function askedItems(
  questionnaire: Questionnaire,
  claims: ReadonlyMap<string, Claim | undefined>,
): QuestionnaireItem[] {
  const items = new Map(questionnaire.items.map((item) => [item.item, item]));
  const asked = (item: QuestionnaireItem, seen: ReadonlySet<string>): boolean => {
    if (!item.askIf) return true;
    const on = items.get(item.askIf.item);
    // A condition on nothing, or on itself, must not make a question vanish.
    if (!on || seen.has(on.item)) return true;
    const claim = claims.has(on.item) ? claims.get(on.item) : on.current?.claim;
    return claim !== undefined && item.askIf.answered.includes(claim) && asked(on, new Set([...seen, on.item]));
  };
  return questionnaire.items.filter((item) => asked(item, new Set([item.item])));
}

/**
 * Refuses answers that do not fit: an item that this unit is not asked, or a file that the inspection does not hold.
 * @param files hashes of the files that were stored for this inspection
 */
export function requireFitting(questionnaire: Questionnaire, answers: Answers, files: ReadonlySet<string>): void {
  const known = new Set(questionnaire.items.map(({ item }) => item));
  for (const [index, { item, evidence }] of answers.items.entries()) {
    if (!known.has(item)) {
      const example = questionnaire.items[0]?.item ?? '-';
      throw new Refusal({
        en: `The field "items.${index}.item" names an item that this unit is not asked. Take an id from the exported questions, for example ${example}.`,
        ja: `「items.${index}.item」の項目は、この事業者への質問にありません。書き出した質問票の ID（例: ${example}）を使ってください。`,
      });
    }
    const unknown = evidence.findIndex((hash) => !files.has(hash));
    if (unknown >= 0) {
      throw new Refusal({
        en: `The field "items.${index}.evidence.${unknown}" names a file that was not uploaded for this inspection. Upload it first, on the answer page or to /hooks/evidence, or leave it out.`,
        ja: `「items.${index}.evidence.${unknown}」のファイルは、この点検にアップロードされていません。先に回答ページか /hooks/evidence でアップロードするか、取り除いてください。`,
      });
    }
  }
}

/** The kinds of evidence in words; a kind that is not of the framework's list stands as it is. */
export function evidenceWords({ evidenceAsked }: QuestionnaireItem, lang: Language): string[] {
  const words: Readonly<Record<string, Record<Language, string>>> = EVIDENCE;
  return evidenceAsked.map((kind) => (Object.hasOwn(words, kind) ? words[kind]![lang] : kind));
}
