import type { Sentence } from '../sentence.js';
import type { Differs } from '../serviceMap.js';

const SEGMENTS: Record<NonNullable<Differs['segment']>, Sentence> = {
  new: { en: 'new customers', ja: '新規のお客さま' },
  existing: { en: 'existing customers', ja: '既存のお客さま' },
};

/** A function or target by its name, with the partner and the customers that tell it from others. */
export function toldApart(name: Sentence, { partner, segment }: Differs): Sentence {
  const told = (language: keyof Sentence, between: string) =>
    [partner, segment && SEGMENTS[segment][language]].filter((part) => part !== undefined).join(between);
  return partner === undefined && segment === undefined
    ? name
    : { en: `${name.en} (${told('en', ', ')})`, ja: `${name.ja}（${told('ja', '、')}）` };
}
