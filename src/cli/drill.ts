import path from 'node:path';
import { readConfig } from '../config.js';
import { Refusal } from '../domain/refusal.js';
import type { Line } from '../drill/compare.js';
import type { DrillResult } from '../drill/result.js';
import { sectionsOf, valueWords } from '../drill/words.js';
import type { App, Result, Word } from './app.js';
import { displayWidth, type Page } from './output.js';

export function drillCommand(app: App, ...word: Word) {
  return app
    .command(...word)
    .option(
      '--playbook <folder>',
      app.t('another playbook than the incident of 2020', '2020年の事案以外のプレイブック'),
    )
    .option(
      '--policy <policy>',
      app.t('as-happened or as-designed; both when left out', 'as-happened または as-designed。省略時は両方'),
    )
    .option(
      '--out <folder>',
      app.t('write end state, timeline, comparison and report there', '最終状態・時系列・比較・報告書の出力先'),
    )
    .option(
      '--speed <seconds>',
      app.t(
        'virtual seconds for one real second; as fast as it goes when left out',
        '実時間1秒あたりの仮想秒数。省略時は最速',
      ),
    )
    .action((flags) => app.run(flags, () => drill(app, flags)));
}

interface Flags {
  readonly json?: true | undefined;
  readonly lang?: string | undefined;
  readonly playbook?: string | undefined;
  readonly policy?: string | undefined;
  readonly out?: string | undefined;
  readonly speed?: string | undefined;
}

const POLICIES = ['as-happened', 'as-designed'] as const;

async function drill(app: App, flags: Flags): Promise<Result> {
  const policy = POLICIES.find((known) => known === flags.policy);
  if (flags.policy !== undefined && !policy)
    throw new Refusal({
      en: `--policy must be ${POLICIES.join(' or ')}. Leave it out to play both.`,
      ja: `--policy は ${POLICIES.join(' または ')} にしてください。省略すると両方を実行します。`,
    });
  const speed = flags.speed === undefined ? undefined : Number(flags.speed);
  if (speed !== undefined && !(speed > 0))
    throw new Refusal({
      en: '--speed must be a number above 0, for example 3600: an hour in a second.',
      ja: '--speed は 0 より大きい数にしてください。例: 3600（1時間を1秒で再生）。',
    });
  // Loaded only here: no other command needs the drill's world.
  const { runDrill } = await import('../drill/main.js');
  const results = await runDrill({
    signal: endedByHand(app, flags),
    config: readConfig(app.env),
    ...(flags.playbook !== undefined && { playbook: path.resolve(flags.playbook) }),
    ...(policy && { policies: [policy] }),
    ...(flags.out !== undefined && { out: path.resolve(flags.out) }),
    ...(speed !== undefined && { speed }),
    log: (line) => app.progress(flags, { en: `  ${line}`, ja: `  ${line}` }),
  });
  return {
    data: {
      results: results.map(({ policy: name, equal, comparison, endState }) => ({
        policy: name,
        equal,
        comparison,
        endState,
      })),
    },
    page: (page) => {
      for (const result of results) show(page, result);
      if (flags.out !== undefined)
        page.raw(`\n${page.t({ en: 'Written to', ja: '出力先' })} ${path.resolve(flags.out)}`);
      if (flags.out !== undefined && results.some(({ policy: played }) => played === 'as-happened'))
        page.text(
          page.t({
            en: "Begin with report.md of each policy. The round's report as it was published: as-happened/round-report.*",
            ja: 'まず各方針の report.md をご覧ください。公表された点検結果は as-happened/round-report.* です。',
          }),
        );
    },
    exitCode: results.every(({ equal }) => equal) ? 0 : 1,
  };
}

/** Ctrl-C ends a drill in order: its servers would otherwise go on running. */
function endedByHand(app: App, flags: Flags): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      // Whoever presses twice does not want to wait; the next start cleans up.
      if (stop.signal.aborted) process.exit(1);
      app.progress(flags, { en: 'Stopping in order ...', ja: '順に停止しています…' });
      stop.abort(
        new Refusal({
          en: 'The drill was ended before its end, and nothing of it is kept. Run it again.',
          ja: '訓練を途中で終了しました。結果は残っていません。もう一度実行してください。',
        }),
      );
    });
  return stop.signal;
}

function show(page: Page, { policy, title, about, endState, comparison, equal }: DrillResult): void {
  page.heading(`${page.t({ en: 'DRILL', ja: '再現・訓練' })}  ${policy}`);
  page.text(page.t(title), 2);
  page.text(page.t(about), 2);
  const { attempts = 0, victims = 0, spared = 0, amount = 0 } = endState.waves;
  const yen = amount.toLocaleString('en-US');
  page.text(
    page.t({
      en: `${attempts} fraud attempts: ${victims} went through (${yen} yen), ${spared} refused by a stop.`,
      ja: `不正送金の試み ${attempts} 件: 成立 ${victims} 件（${yen} 円）、停止により拒否 ${spared} 件。`,
    }),
    2,
    'bold',
  );
  page.raw();
  page.text(
    page.t({
      en: '= as expected: the published result, or an alarm that must come under this policy.   ≠ differs.',
      ja: '= 期待どおり（公表された結果、またはこの方針で必ず出る警報）　≠ 不一致',
    }),
    2,
    'dim',
  );
  for (const { name, lines } of sectionsOf(comparison)) {
    page.raw();
    page.raw(`  ${page.paint(page.t(name), 'bold')}`);
    for (const line of lines) showLine(page, line);
  }
  page.raw();
  const wrong = comparison.filter((line) => !line.equal).length;
  page.text(
    equal
      ? page.t({
          en: `All ${comparison.length} lines are as expected.`,
          ja: `${comparison.length} 項目すべて期待どおりです。`,
        })
      : page.t({
          en: `${wrong} of ${comparison.length} lines differ.`,
          ja: `${comparison.length} 項目中 ${wrong} 項目が不一致です。`,
        }),
    2,
    equal ? 'green' : 'red',
  );
}

/** Columns of a line's name; a longer one pushes its value to the right. */
const NAME_WIDTH = 44;

function showLine(page: Page, { name, expected, found, equal }: Line): void {
  const words = page.t(name);
  const named = words + ' '.repeat(Math.max(1, NAME_WIDTH - displayWidth(words)));
  const value = page.t(valueWords(found));
  const mark = page.paint(equal ? '=' : '≠', equal ? 'green' : 'red');
  // A value that does not fit beside its name stands below it.
  if (displayWidth(named + value) + 4 <= page.width) page.raw(`  ${mark} ${named}${value}`);
  else {
    page.raw(`  ${mark} ${words}`);
    page.text(value, 6);
  }
  if (!equal) page.text(`${page.t({ en: 'expected:', ja: '期待:' })} ${page.t(valueWords(expected))}`, 6, 'red');
}
