import { localText, type Instant, type Zone } from '../domain/instant.js';
import type { Sentence } from '../domain/sentence.js';
import { isAlarm } from '../domain/transition.js';
import type { AllDocuments } from '../store/documents.js';
import type { TimelineLine } from './endState.js';
import type { DrillResult } from './result.js';
import { eventName, sectionsOf, valueWords } from './words.js';

/** What each policy is, said with the result. */
export const POLICY_WORDS = {
  'as-happened': {
    en: 'Under this policy time-outs and tripwires are recorded and alarmed, and nothing acts: what people decided in 2020 is what happens.',
    ja: 'この方針では、期限切れと検知は記録と警報だけを行い、自動では何もしません。2020年に人が決めたことだけが起こります。',
  },
  'as-designed': {
    en: 'Under this policy time-outs and tripwires act. These are the defaults of this product, not duties of 2020.',
    ja: 'この方針では、期限切れと検知により自動で停止します。これは本製品の既定値であり、2020年当時の義務ではありません。',
  },
} as const;

/** The report of one drill, in both languages, marked as a drill. */
export function drillReport(result: DrillResult, documents: AllDocuments, zone: Zone): string {
  const { title } = documents.playbook;
  const { endState, comparison, timeline, played } = result;
  const waves = endState.waves;
  const stops = played.skipped.flatMap(({ at, sentence: { ja, en } }) => [
    `- ${localText(at, zone)}: ${ja}`,
    `- ${localText(at, zone)}: ${en}`,
  ]);
  const lines = [
    `# 再現・訓練 ／ Replay, drill: ${result.policy}`,
    '',
    title.ja,
    '',
    title.en,
    '',
    POLICY_WORDS[result.policy].ja,
    '',
    POLICY_WORDS[result.policy].en,
    '',
    `## 結果 ／ Result: ${result.equal ? '一致 ／ equal' : '不一致 ／ NOT EQUAL'}`,
    '',
    '期待する値は、公表された結果と、この方針で必ず出る警報です。 ／ What is expected: the published results, and the alarms that must come under this policy.',
    ...sectionsOf(comparison).flatMap(({ name, lines: members }) => [
      '',
      `### ${both(name)}`,
      '',
      '| 項目 ／ line | 期待 ／ expected | 結果 ／ found | |',
      '| --- | --- | --- | --- |',
      ...members.map(
        (line) =>
          `| ${both(line.name)} | ${both(valueWords(line.expected))} | ${both(valueWords(line.found))} | ${line.equal ? '=' : '**≠**'} |`,
      ),
    ]),
    '',
    '## 被害 ／ Losses',
    '',
    `- 不正送金の試み ${waves['attempts']} 件、成立 ${waves['victims']} 件（${waves['amount']?.toLocaleString('en-US')} 円）、停止により拒否 ${waves['spared']} 件。`,
    `- ${waves['attempts']} fraud attempts: ${waves['victims']} went through (${waves['amount']?.toLocaleString('en-US')} yen), ${waves['spared']} refused by a stop.`,
    ...(waves['after_last_half_measure']
      ? [
          `- 部分的な措置（利用の制限）のあとの成立: ${waves['after_last_half_measure']} 件（${waves['share_after_last_half_measure']} %）。`,
          `- After the half-measure (a restriction): ${waves['after_last_half_measure']} (${waves['share_after_last_half_measure']} %).`,
        ]
      : []),
    ...stops,
    '',
    '## 警報 ／ Alarms',
    '',
    '| 最初 ／ first | 回数 ／ times | 最後 ／ last | 警報 ／ alarm | 対象 ／ about |',
    '| --- | --- | --- | --- | --- |',
    ...grouped(timeline.filter(({ kind }) => isAlarm(kind))).map(
      ({ first, last, count }) =>
        `| ${localText(first.effective_at, zone)} | ${count} | ${count > 1 ? localText(last, zone) : ''} | ${both(nameOf(first))} | ${aboutOf(first)} |`,
    ),
    '',
    '## 経過 ／ Story',
    '',
    '| 時刻 ／ when | 出来事 ／ what | 対象 ／ about |',
    '| --- | --- | --- |',
    ...timeline
      .filter(({ kind }) => !isAlarm(kind))
      .map((line) => `| ${localText(line.effective_at, zone)} | ${both(nameOf(line))} | ${aboutOf(line)} |`),
    '',
  ];
  return lines.join('\n');
}

const both = ({ ja, en }: Sentence) => (ja === en ? ja : `${ja} ／ ${en}`);

const contentOf = ({ content }: TimelineLine) => content as { readonly duty?: string; readonly of?: string };

const nameOf = (line: TimelineLine): Sentence => eventName(line.kind, contentOf(line).duty);

/** A duty is numbered within what opened it: its workflow says more to people. */
const aboutOf = (line: TimelineLine): string => contentOf(line).of ?? line.entity.replace(/^duty\//, '').split('#')[0]!;

/** What was alarmed about one thing in the same words is told once, with its number. */
function grouped(alarms: readonly TimelineLine[]): { first: TimelineLine; last: Instant; count: number }[] {
  const groups = new Map<string, { first: TimelineLine; last: Instant; count: number }>();
  for (const alarm of alarms) {
    const key = [alarm.kind, alarm.entity].join(' ');
    const { first = alarm, count = 0 } = groups.get(key) ?? {};
    groups.set(key, { first, last: alarm.effective_at, count: count + 1 });
  }
  return [...groups.values()];
}
