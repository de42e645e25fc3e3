import { localText } from '../instant.js';
import type { Sentence } from '../sentence.js';
import type { PreviewedTarget, SuspensionState } from '../suspension.js';
import { toldApart } from './function.js';
import { both, plain, table } from './markdown.js';
import { MEASURES } from './suspension.js';

/** What becomes of work that the channel has already taken in. */
const IN_FLIGHT: Record<PreviewedTarget['inFlight'], Sentence> = {
  finish: { en: 'finishes', ja: '完了させる' },
  hold: { en: 'held', ja: '保留' },
  reject: { en: 'rejected', ja: '取り消し' },
};

/** What the digest covers, as Markdown in both languages, as long as somebody has to approve or ratify it. */
export function previewTables({ preview, proposal, terms }: SuspensionState): string {
  if (!preview) return '';
  const { measure, reason, failedControl, expectedEnd, targets } = preview;
  const restricts = measure === 'restrict';
  const lines = targets.map((target) => [
    String(target.stopOrder),
    both(toldApart({ en: target.target, ja: target.target }, target)),
    target.customers ? `${target.customers.approx ? '≈ ' : ''}${amount(target.customers.value)}` : '-',
    both(IN_FLIGHT[target.inFlight]),
    ...(restricts ? [target.limitYen === undefined ? '-' : amount(target.limitYen)] : []),
    target.substitutes.map((substitute) => plain(both(substitute))).join('; ') || '-',
    sharers(target) || '-',
  ]);
  return [
    `### What is to be judged ／ 判断の内容 (\`${proposal.digest}\`)`,
    '',
    ...table(
      ['', ''],
      [
        ['measure ／ 措置', both(MEASURES[measure])],
        ['reason ／ 理由', plain(reason)],
        ...(failedControl === undefined ? [] : [['failed control ／ 不備のあった対策', failedControl]]),
        ['expected end ／ 終了見込み', expectedEnd ? localText(expectedEnd, terms.zone) : 'undetermined ／ 未定'],
      ],
    ),
    ...table(
      [
        'order ／ 順',
        'target ／ 対象',
        'customers ／ お客さま',
        'under way ／ 処理中のもの',
        ...(restricts ? ['limit (yen) ／ 上限（円）'] : []),
        'instead ／ 代替手段',
        'goes on with a shared control ／ 対策を共有し、動き続ける機能',
      ],
      lines,
    ),
  ].join('\n');
}

/** Functions that share a control with a target, as far as they are named. */
export function sharers({ sharesControlWith, sharesControlWithMore }: PreviewedTarget): string {
  return [...sharesControlWith, ...(sharesControlWithMore ? [`+ ${sharesControlWithMore}`] : [])].join(', ');
}

/** Workflows have no `Intl`: groups of three by hand. */
const amount = (figure: number) => String(figure).replace(/\B(?=(\d{3})+$)/g, ',');
