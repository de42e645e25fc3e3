import type { InboundTaken, Stray } from '../inboundMail.js';
import type { Sentence } from '../sentence.js';

const WHY: Record<Stray, (inspection: string) => Sentence> = {
  'no-token': () => ({
    en: 'A mail came in that belongs to no mail of ours.',
    ja: '当方のどのメールにも対応しないメールを受信しました。',
  }),
  unreadable: () => ({
    en: 'A mail came in that cannot be read by itself.',
    ja: '自動では読み取れないメールを受信しました。',
  }),
  'unknown-mail': () => ({
    en: 'A mail came in that answers a mail of ours which the register does not hold.',
    ja: '台帳にない当方のメールへの返信または不達通知を受信しました。',
  }),
  'not-running': (inspection) => ({
    en: `A mail came in for ${inspection}, which does not run any more.`,
    ja: `${inspection} 宛てのメールを受信しましたが、この点検は実行中ではありません。`,
  }),
};

/** What a person is asked to do with a mail that strayed. */
export function strayMail({ id, why, inspection = '' }: { id: string; why: Stray; inspection?: string | undefined }) {
  const { en, ja } = WHY[why](inspection);
  return {
    en: `${en} Read it with "hikeshi mail show ${id}", do what it asks, and close it with "hikeshi mail settle ${id}".`,
    ja: `${ja} hikeshi mail show ${id} で内容を確認して対応し、hikeshi mail settle ${id} で完了にしてください。`,
  };
}

/** What became of a mail, told to whoever handed it in. */
export function mailWords(id: string, taken: InboundTaken): Sentence {
  if (taken.kind === 'unmatched')
    return taken.why === 'success'
      ? {
          en: 'A report that a mail of ours arrived: kept, and nobody has to look.',
          ja: '当方のメールが届いたという通知です。保存しました（対応は不要です）。',
        }
      : {
          en: `${WHY[taken.why]('').en} It is kept as ${id}, and the provider manager has a task.`,
          ja: `${WHY[taken.why]('').ja}${id} として保存し、提携先管理のタスクにしました。`,
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
      en: `Kept for ${inspection}, but it does not run any more: the provider manager has a task.`,
      ja: `${inspection} 宛てとして保存しましたが、点検は実行中ではありません。提携先管理のタスクにしました。`,
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
