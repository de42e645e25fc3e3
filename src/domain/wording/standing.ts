import type { Question } from '../decision.js';
import { localText, type Zone } from '../instant.js';
import type { Sentence } from '../sentence.js';

/** The answer to a decision. @param next what is to be done once it is complete */
export function receiptMessage(complete: boolean, next?: Sentence): Sentence {
  return complete
    ? {
        en: `Your decision is recorded and takes effect now.${next ? ` ${next.en}` : ''}`,
        ja: `判断を記録しました。直ちに効力を持ちます。${next?.ja ?? ''}`,
      }
    : {
        en: 'Your vote is recorded. Another person must decide the same before it takes effect.',
        ja: '判断を記録しました。もう一人が同じ判断をすると効力を持ちます。',
      };
}

/** Where a workflow stands, for a decision that does not fit. */
export function stands(job: { readonly diverged: boolean; readonly behind?: boolean }): Sentence {
  if (job.behind)
    return {
      en: 'A worker was lost while it recorded this. Look again in a moment: it may be decided. Sending the same decision again is harmless.',
      ja: '記録の途中で処理プロセスが失われました。少し待ってから確認してください。既に決まっている場合があります。同じ判断をもう一度送っても問題ありません。',
    };
  return job.diverged
    ? {
        en: 'Its history and the register went apart: run "hikeshi reconcile" first.',
        ja: '履歴と台帳が食い違っています。先に hikeshi reconcile を実行してください。',
      }
    : {
        en: 'The decision came too early, too late, or was already taken.',
        ja: '判断が早すぎるか遅すぎるか、既に決まっています。',
      };
}

/** A stop that was decided and did not start: the function runs on. */
export function measureNotStarted(target: string): Sentence {
  return {
    en: `The measure on ${target} was decided and did not start: the function runs on. Stop it now with "hikeshi suspend emergency --targets ${target}".`,
    ja: `${target} の措置は決定されましたが開始されておらず、機能は動いています。今すぐ hikeshi suspend emergency --targets ${target} で停止してください。`,
  };
}

export interface Standing {
  readonly stage: string;
  readonly standing: Sentence;
  /** Tables in Markdown, in both languages, for those who look closer. */
  readonly tables?: string;
  readonly questions: readonly Question[];
  readonly zone: Zone;
  readonly diverged: boolean;
}

/** What a waiting workflow shows in the Web UI: where it stands, what it waits for, until when, what else happens, and the JSON. */
export function standingDetails({ stage, standing, tables, questions, zone, diverged }: Standing): string {
  const lines = [`## ${stage}`, '', standing.en, '', standing.ja, ''];
  if (diverged) {
    lines.push(
      '**History and register went apart. Nothing is done until somebody runs `hikeshi reconcile`.**',
      '',
      '**履歴と台帳が食い違っています。`hikeshi reconcile` を実行するまで何も行いません。**',
      '',
    );
  }
  for (const question of questions) {
    const due = question.due ? ` (${localText(question.due, zone)})` : '';
    // Set out in lines: the Web UI shows it in a narrow frame and does not break them.
    const json = JSON.stringify(
      {
        v: 1,
        subject: question.subject,
        verdict: question.verdicts[0],
        by: '<your id>',
        reason: '<why>',
        digest: question.digest,
      },
      null,
      2,
    );
    lines.push(
      `### ${question.subject}${due}`,
      '',
      question.asks.en,
      '',
      question.asks.ja,
      '',
      `*${question.otherwise.en}*`,
      '',
      `*${question.otherwise.ja}*`,
      '',
      `Update \`decide\`, verdict: ${question.verdicts.map((verdict) => `\`${verdict}\``).join(' | ')}`,
      '',
      '```json',
      json,
      '```',
      '',
    );
  }
  if (questions.length === 0 && !diverged)
    lines.push('Nobody needs to do anything now. ／ 今、必要な対応はありません。', '');
  if (tables) lines.push(tables);
  return lines.join('\n');
}
