/** A sentence for people, in both languages the operators read. It says what to do, and never carries a person's data. */
export interface Sentence {
  readonly ja: string;
  readonly en: string;
}

export type Language = keyof Sentence;

/** Both languages on one line, for surfaces that show a single string to everybody (the Web UI's dialogs, start-up errors). */
export function bilingual(sentence: Sentence): string {
  return `${sentence.en} ／ ${sentence.ja}`;
}
