import type { Sentence } from './sentence.js';

/** A function may stand for single things, each a target of its own. */
export type Single = 'card' | 'account';

const SINGLES: Record<Single, Sentence> = {
  card: { en: 'cards', ja: 'カード' },
  account: { en: 'accounts', ja: '口座' },
};

/** A function that stands for single cards or accounts cannot be stopped as a whole. */
export function onlySingle(id: string, single: Single): Sentence {
  const { en, ja } = SINGLES[single];
  return {
    en: `"${id}" stands for single ${en} and cannot be stopped as a whole. Stop single ones: --targets ${id}/<reference>.`,
    ja: `「${id}」は${ja}ごとの対象で、全体は停止できません。個別に --targets ${id}/<番号> で停止してください。`,
  };
}
