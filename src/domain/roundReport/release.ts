import { dateText } from '../date.js';
import type { Language } from '../sentence.js';
import { reportWords } from '../wording/roundReport.js';

/** Why a report is not the one to go by any more. */
export type Outdated =
  /** A newer one was proposed or, with its day `YYYY-MM-DD`, released. */
  | { readonly why: 'superseded'; readonly by: string; readonly on?: string }
  /** Who was to release it gave it back. */
  | { readonly why: 'returned' }
  /** A unit's result changed while it waited for its release. */
  | { readonly why: 'moved' };

/** Whether the bank has said it: how the round stands now, what is proposed, or what was released. */
export type Release =
  | { readonly kind: 'current' }
  | { readonly kind: 'proposed'; readonly digest: string; readonly outdated?: Outdated }
  | {
      readonly kind: 'published';
      readonly digest: string;
      /** `YYYY-MM-DD`. */
      readonly on: string;
      readonly slipDays: number;
      readonly outdated?: Outdated;
    };

/** A mark, and what it means. */
export interface Mark {
  readonly mark: string;
  readonly note: string;
}

/** What must not be overlooked: a drill, a draft, a report that another one took the place of. */
export function marksOf({
  lang,
  drill,
  release,
}: {
  readonly lang: Language;
  readonly drill: boolean;
  readonly release: Release;
}): Mark[] {
  const w = reportWords(lang);
  const marks = drill ? [{ mark: w.mark, note: w.markNote }] : [];
  if (release.kind === 'current') return [...marks, { mark: w.draft, note: w.currentNote }];
  const { outdated } = release;
  if (outdated) return [...marks, outdatedMark(outdated, release.kind === 'published', lang)];
  return release.kind === 'proposed' ? [...marks, { mark: w.draft, note: w.proposedNote }] : marks;
}

function outdatedMark(outdated: Outdated, published: boolean, lang: Language): Mark {
  const w = reportWords(lang);
  if (outdated.why === 'returned') return { mark: w.returned, note: w.returnedNote };
  if (outdated.why === 'moved') return { mark: w.moved, note: w.movedNote };
  const { by, on } = outdated;
  return {
    mark: published ? w.superseded : w.supersededDraft,
    note: on === undefined ? w.supersededByDraft(by) : w.supersededBy(by, dateText(on)[lang]),
  };
}
