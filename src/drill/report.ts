import { localText, type Zone } from '../domain/instant.js';
import { canonicalJson } from '../domain/json.js';
import { isAlarm } from '../domain/transition.js';
import type { AllDocuments } from '../store/documents.js';
import type { DrillResult } from './result.js';

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
    '| 項目 ／ line | 期待 ／ expected | 結果 ／ found | |',
    '| --- | --- | --- | --- |',
    ...comparison.map(
      ({ line, expected, found, equal }) =>
        `| ${line} | ${canonicalJson(expected)} | ${canonicalJson(found)} | ${equal ? '=' : '**≠**'} |`,
    ),
    '',
    '## 被害 ／ Losses',
    '',
    `- 不正送金の試み ${waves['attempts']} 件、成立 ${waves['victims']} 件（${waves['amount']?.toLocaleString('en-US')} 円）、拒否 ${waves['spared']} 件。`,
    `- ${waves['attempts']} fraud attempts, ${waves['victims']} went through (${waves['amount']?.toLocaleString('en-US')} yen), ${waves['spared']} refused by the channel system.`,
    ...(waves['after_last_half_measure']
      ? [
          `- 最後の部分的な措置のあとの成立: ${waves['after_last_half_measure']} 件（${waves['share_after_last_half_measure']} %）。`,
          `- After the last half-measure: ${waves['after_last_half_measure']} (${waves['share_after_last_half_measure']} %).`,
        ]
      : []),
    ...played.skipped.map(({ at, what, why }) => `- ${localText(at, zone)}: ${what}: ${why}.`),
    '',
    '## 警報 ／ Alarms',
    '',
    '| 時刻 ／ when | 警報 ／ alarm | 対象 ／ about |',
    '| --- | --- | --- |',
    ...grouped(timeline.filter(({ kind }) => isAlarm(kind))).map(
      ({ first, count }) =>
        `| ${localText(first.effective_at, zone)}${count > 1 ? ` (×${count})` : ''} | ${first.kind.replace('alarm.', '')} | ${first.entity} |`,
    ),
    '',
    '## 経過 ／ Story',
    '',
    '| 時刻 ／ when | 出来事 ／ what | 対象 ／ about |',
    '| --- | --- | --- |',
    ...timeline
      .filter(({ kind }) => !isAlarm(kind))
      .map((line) => `| ${localText(line.effective_at, zone)} | ${line.kind} | ${line.entity} |`),
    '',
  ];
  return lines.join('\n');
}

/** Alarms of one kind about one thing that follow each other without another in between are told once, with their number. */
function grouped<T extends { kind: string; entity: string }>(alarms: readonly T[]): { first: T; count: number }[] {
  const groups: { first: T; count: number }[] = [];
  for (const alarm of alarms) {
    const last = groups.at(-1);
    if (last && last.first.kind === alarm.kind && last.first.entity === alarm.entity) last.count++;
    else groups.push({ first: alarm, count: 1 });
  }
  return groups;
}
