import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { againstTarget } from '../../src/domain/inspectionRound/target.js';
import { reportedResult, type RoundResult, type UnitResult } from '../../src/domain/inspectionRound/result.js';
import type { Instant } from '../../src/domain/instant.js';
import {
  roundReport,
  roundReportHtml,
  roundReportMarkdown,
  roundReportTable,
  shareOf,
  type Release,
  type RoundReportOptions,
} from '../../src/domain/roundReport.js';
import { roundReportBytes } from '../../src/connectors/roundReport.js';
import { readSheet, writeSheet } from '../../src/connectors/spreadsheet/index.js';
import { pagesOf } from '../connectors/pdfText.js';
import { ROUND_2020 } from '../connectors/roundResult.js';

const zone = { name: 'Asia/Tokyo', offsets: [{ from: '2000-01-01T00:00:00.000Z' as Instant, minutes: 540 }] };
const RELEASED: Release = { kind: 'published', digest: 'ab12', on: '2020-11-09', slipDays: 9 };
const options = (given: Partial<RoundReportOptions> = {}): RoundReportOptions => ({
  lang: 'en',
  drill: false,
  zone,
  release: RELEASED,
  ...given,
});
const markdown = (result: RoundResult, given: Partial<RoundReportOptions> = {}) =>
  roundReportMarkdown(roundReport(result, options(given)));
const html = (result: RoundResult, given: Partial<RoundReportOptions> = {}) =>
  roundReportHtml(roundReport(result, options(given)));
/** The part under a heading. */
const part = (text: string, heading: string) =>
  text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0]?.trim().split('\n') ?? [];

/** The round of 2020 with other units in its first group. */
const withUnit = (given: Partial<UnitResult>): RoundResult => {
  const [group, ...rest] = ROUND_2020.groups;
  const [unit, ...others] = group!.units;
  return { ...ROUND_2020, groups: [{ ...group!, units: [{ ...unit!, ...given }, ...others] }, ...rest] };
};

describe('the result of 2020 as Markdown', () => {
  test('is marked as a replay, and says when it was published and how late', () => {
    expect(markdown(ROUND_2020, { lang: 'ja', drill: true }).split('\n').slice(0, 11)).toEqual([
      '# セキュリティ総点検 2020 の結果',
      '',
      '> **再現・訓練**',
      '> この文書は再現・訓練のために作成したもので、銀行が公表したものではありません。',
      '',
      '- 点検番号: R2020',
      '- 基準時: 2020-11-09 15:00 +09:00',
      '- 状況: **未了（3先）**',
      '- 完了目標: 2020年（令和2年）10月31日（土）（銀行休業日のため、最終の銀行営業日は2020年（令和2年）10月30日（金））',
      '- 公表日: **2020年（令和2年）11月9日（月）（目標から9日遅れ）**',
      '- 要約値: ab12',
    ]);
  });

  test('counts the results by group, and what is not applicable apart', () => {
    expect(part(markdown(ROUND_2020), 'Results by group')).toEqual([
      '| Group | under evaluation | under discussion | satisfied | not satisfied | remediation committed | not applicable | Total |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      '| Code payment | 1 | 0 | 5 | 0 | 0 | 0 | 6 |',
      '| Other payment | 1 | 1 | 3 | 0 | 1 | 0 | 6 |',
      '| Non-payment | 0 | 0 | 1 | 0 | 0 | 16 | 17 |',
      '| Own services | 0 | 0 | 5 | 1 | 0 | 0 | 6 |',
      '| **Total** | **2** | **1** | **14** | **1** | **1** | **16** | **35** |',
      '',
      'Figures are units. Of the 19 units other than "not applicable", 14 are satisfied (73.7 %). "Not applicable" (16 units) means that no item concerns the unit: it is counted neither as satisfied nor among these.',
    ]);
  });

  test('names the units that are not complete', () => {
    expect(part(markdown(ROUND_2020, { lang: 'ja' }), '点検が未了の先')).toEqual([
      '- C6: 評価中',
      '- O5: 評価中',
      '- O6: 協議中',
    ]);
  });

  test('shows the basis beside each result, and the state of the service as an axis of its own', () => {
    const units = part(markdown(ROUND_2020, { lang: 'ja' }), '先ごとの結果');
    expect(units).toContain('| C6 | 評価中 | 強化後 | 18 | 15 | 0 | 4 | 停止中、回答期限を3日超過 |');
    expect(units).toContain('| 即時振替（決済） | 充足 | 強化前 | 18 | 18 | 0 | 4 | 提供中 |');
    expect(units).toContain('| mijica | 不充足 | 基準の記載なし | 22 | 8 | 14 | 0 | 停止中（2）、提供中（1） |');
    expect(units).toContain('| O4 | 対応予定 | 強化後 | 18 | 15 | 2 | 4 | 停止中、対応期限 2020-12-31 |');
    // A unit to which nothing applies has no line among the results.
    expect(units.filter((line) => line.startsWith('| N'))).toEqual([
      '| N17 | 充足 | 強化後 | 9 | 9 | 0 | 13 | 提供中 |',
    ]);
    expect(units).toContain(`該当項目なし（16）: ${Array.from({ length: 16 }, (_, n) => `N${n + 1}`).join('、')}`);
  });

  test('names the day on which "not applicable" is looked at again, once for those that share it', () => {
    const day = '2021-09-29';
    const groups = ROUND_2020.groups.map((group) => ({
      ...group,
      units: group.units.map((unit) =>
        unit.result === 'NOT_APPLICABLE' ? { ...unit, reviewDue: unit.unit === 'n16' ? '2021-10-05' : day } : unit,
      ),
    }));
    const result = { ...ROUND_2020, groups };
    const names = Array.from({ length: 15 }, (_, n) => `N${n + 1}`);
    const of = (lang: 'ja' | 'en', heading: string) => part(markdown(result, { lang }), heading);
    expect(of('ja', '先ごとの結果')).toContain(
      `該当項目なし（16）: ${names.join('、')}（見直し 2021-09-29 まで）、N16（見直し 2021-10-05 まで）`,
    );
    expect(of('en', 'Results by unit')).toContain(
      `Not applicable (16): ${names.join(', ')} (looked at again by 2021-09-29), N16 (looked at again by 2021-10-05)`,
    );
  });

  test('shows how customers prove themselves, by method and strength for each link, in every format', () => {
    const weak = { link: 'link-c1', method: 'balance-check', strength: 'weak' } as const;
    const result = withUnit({
      authentication: [weak, { link: 'link-c1-web', method: 'ivr-callback', strength: 'strong' }],
    });
    const one = withUnit({ authentication: [weak] });
    expect(part(markdown(result), 'Authentication at linking').slice(-1)).toEqual([
      '| C1 | link-c1: balance check (weak), link-c1-web: IVR call-back (strong) |',
    ]);
    expect(part(markdown(one, { lang: 'ja' }), '口座紐づけの認証方式').slice(-1)).toEqual([
      '| C1 | 残高認証（弱い） |',
    ]);
    expect(html(one)).toContain('<td>balance check (weak)</td>');
    const table = roundReportTable(result, options({ lang: 'ja' }));
    const column = table.header.indexOf('口座紐づけの認証方式');
    expect(table.rows.find(({ cells }) => cells.includes('c1'))!.cells[column]).toBe(
      'link-c1: 残高認証（弱い）、link-c1-web: IVR認証（コールバック）（強い）',
    );
    expect(markdown(ROUND_2020)).not.toContain('Authentication');
  });

  test('shows the failing mandatory items by phase: mijica 14 of 22', () => {
    expect(part(markdown(ROUND_2020), 'Mandatory items failing, by phase').slice(2)).toEqual([
      '| O4 | 0 | 1 | 0 | 1 | 0 | 2 |',
      '| mijica | 3 | 2 | 1 | 5 | 3 | 14 |',
    ]);
  });

  test('shows promises with their day, the last bank day, and what was promised before', () => {
    const [commitment] = ROUND_2020.commitments;
    const again = { ...commitment!, date: '2021-01-31', lastOpenDay: '2021-01-29', earlier: ['2020-12-31'] };
    expect(part(markdown({ ...ROUND_2020, commitments: [commitment!, again] }), 'Commitments').slice(2)).toEqual([
      '| O4 | Two items (o4-7) | Thursday 31 December 2020 | Wednesday 30 December 2020 | committed | on track |',
      '| O4 | Two items (o4-7) | Sunday 31 January 2021 (earlier: Thursday 31 December 2020) | Friday 29 January 2021 | committed | on track |',
    ]);
  });

  test('shows improvements apart from gaps, a talk without a date as one', () => {
    const improvements: RoundResult['improvements'] = [
      {
        name: 'ivr',
        units: ['o1', 'n3'],
        subject: 'ivr-callback',
        text: { ja: 'IVR認証の導入を協議', en: 'Talks on IVR call-back' },
        stage: 'TALKS',
        earlier: [],
      },
    ];
    expect(part(markdown({ ...ROUND_2020, improvements }), 'Improvements beyond the gaps').at(-1)).toBe(
      '| IVR call-back when an account is linked: Talks on IVR call-back | O1, N3 | in talks | no date promised |  |  |  |',
    );
  });

  test('says what gets better once, and names a group that takes part as a whole instead of its units', () => {
    const partners = Array.from({ length: 17 }, (_, n) => `n${n + 1}`);
    const talks = (units: string[], subject: 'ivr-callback' | 'other', text: { ja: string; en: string }) => ({
      ...{ name: 'talks', units, subject, text, stage: 'TALKS' as const, earlier: [] },
    });
    const same = { ja: 'IVR認証（コールバック）の導入', en: 'IVR call-back when an account is linked' };
    const improvements: RoundResult['improvements'] = [
      talks(['o1', ...partners, 'c2'], 'ivr-callback', same),
      talks(partners.slice(1), 'other', { ja: '照合の自動化', en: 'Check documents by machine' }),
    ];
    const lines = (lang: 'ja' | 'en', heading: string) =>
      part(markdown({ ...ROUND_2020, improvements }, { lang }), heading).slice(-2);
    const allButN1 = partners.slice(1).map((unit) => unit.toUpperCase());
    expect(lines('en', 'Improvements beyond the gaps')).toEqual([
      '| IVR call-back when an account is linked | O1, Non-payment (all 17 units), C2 | in talks | no date promised |  |  |  |',
      `| Check documents by machine | ${allButN1.join(', ')} | in talks | no date promised |  |  |  |`,
    ]);
    expect(lines('ja', '不備以外の改善')).toEqual([
      '| IVR認証（コールバック）の導入 | O1、決済以外（全17先）、C2 | 協議中 | 期日の約束なし |  |  |  |',
      `| 照合の自動化 | ${allButN1.join('、')} | 協議中 | 期日の約束なし |  |  |  |`,
    ]);
    expect(html({ ...ROUND_2020, improvements })).toContain('<td>O1, Non-payment (all 17 units), C2</td>');
  });

  test('repeats the evaluator’s exceptions and recommendations', () => {
    expect(part(markdown(ROUND_2020), 'Third-party evaluation')).toEqual([
      'final, with exceptions',
      '',
      '### Exceptions',
      '',
      '- C6: evaluation not finished (suspended)',
      '- O5: evaluation not finished (suspended)',
      '- O6: answers under discussion (suspended)',
      '',
      '### Recommendations',
      '',
      '1. Finish the inspections that are not complete.',
      '2. Fix the issues that were found.',
      '3. Go on strengthening the controls.',
    ]);
  });

  test('lets nothing in names and texts become a mark', () => {
    const name = { ja: 'x', en: 'A|B <script>alert(1)</script> *b* [l](http://e.invalid) ![i](x) `c`\n# h' };
    const rendered = new MarkdownIt({ html: true }).render(markdown(withUnit({ name })));
    expect(rendered).toContain(
      '<td>A|B &lt;script&gt;alert(1)&lt;/script&gt; *b* [l](http://e.invalid) ![i](x) `c` # h</td>',
    );
    expect(rendered).not.toMatch(/<script|<a |<img|<em>|<code>/);
  });
});

describe('a unit that nobody has asked yet', () => {
  test('is not called unanswered: only questions that went out can be', () => {
    expect(
      ['NOT_STARTED', 'SCOPED', 'REQUESTED', 'OVERDUE'].map((phase) => reportedResult(phase, 'NOT_ANSWERED')),
    ).toEqual(['NOT_ASKED', 'NOT_ASKED', 'NOT_ANSWERED', 'NOT_ANSWERED']);
    expect(reportedResult('NOT_APPLICABLE', 'NOT_APPLICABLE')).toBe('NOT_APPLICABLE');
  });

  test('is counted in a column of its own, and the report says what that means', () => {
    const result = withUnit({ result: 'NOT_ASKED', phase: 'SCOPED' });
    const [head, , first] = part(markdown(result, { lang: 'ja' }), '結果の一覧');
    expect([head, first]).toEqual([
      '| 区分 | 未照会 | 評価中 | 協議中 | 充足 | 不充足 | 対応予定 | 該当項目なし | 合計 |',
      '| コード決済 | 1 | 1 | 0 | 4 | 0 | 0 | 0 | 6 |',
    ]);
    expect(markdown(result, { lang: 'ja' })).toContain(
      '「未照会」の1先には、まだ質問を送っていません（未回答とは異なります）。',
    );
    expect(markdown(result)).toContain('"Not yet asked" (1 unit) means that no question has gone out to the unit');
    expect(markdown(ROUND_2020)).not.toContain('yet asked');
  });
});

describe('whether it was released', () => {
  test('how the round stands now is a draft, with the predicted end, and claims no publication', () => {
    const text = markdown({ ...ROUND_2020, predictedEnd: '2020-11-20' }, { release: { kind: 'current' } });
    expect(text).toContain('> **Draft, not published**\n> This is how the round stands now.');
    expect(text).toContain('- Predicted end: **Friday 20 November 2020 (20 days after the target)**');
    expect(text).not.toContain('Published');
  });

  test('what is proposed is a draft with its digest', () => {
    const text = markdown(ROUND_2020, { release: { kind: 'proposed', digest: 'cd34' } });
    expect(text).toContain('> **Draft, not published**\n> This is proposed for publication.');
    expect(text).toContain('- Digest: cd34');
  });

  test('what a newer one took the place of is no draft to release any more, and names the newer one', () => {
    const superseded = (kind: 'proposed' | 'published', on?: string) => {
      const outdated = { why: 'superseded' as const, by: 'ef56', ...(on !== undefined && { on }) };
      const release: Release = kind === 'proposed' ? { kind, digest: 'cd34', outdated } : { ...RELEASED, outdated };
      return markdown(ROUND_2020, { lang: 'ja', release });
    };
    const draft = superseded('proposed');
    expect(draft).toContain(
      '> **案（未公表・差替え済み）**\n> 新しい公表案（要約値 ef56）に差し替えました。そちらをご覧ください。',
    );
    expect(draft).not.toContain('公表案です');
    expect(superseded('proposed', '2020-11-09')).toContain(
      '2020年（令和2年）11月9日（月）に公表した新しい報告（要約値 ef56）に差し替えました',
    );
    expect(superseded('published', '2020-11-20')).toContain(
      '> **差替え済み**\n> 2020年（令和2年）11月20日（金）に公表した',
    );
  });

  test.each([
    ['returned', '案（差し戻し）', 'Draft, given back'],
    ['moved', '案（現状と不一致）', 'Draft, no longer true'],
  ] as const)('a proposal that was %s says that it cannot be released', (why, ja, en) => {
    const release: Release = { kind: 'proposed', digest: 'cd34', outdated: { why } };
    expect(markdown(ROUND_2020, { lang: 'ja', release })).toContain(`> **${ja}**`);
    expect(markdown(ROUND_2020, { release })).toContain(`> **${en}**`);
  });

  test('what was released whole by the target is no draft, and on target', () => {
    const whole = { ...ROUND_2020, complete: true, incomplete: [] };
    const text = markdown(whole, { release: { ...RELEASED, on: '2020-10-31', slipDays: 0 } });
    expect(text).toContain('- Published: Saturday 31 October 2020 (on target)');
    expect(text).not.toContain('Draft');
  });

  test('what was released before the target with units missing is interim, with the predicted slip', () => {
    const early = { ...ROUND_2020, predictedEnd: '2020-11-09' };
    const release: Release = { ...RELEASED, on: '2020-10-20', slipDays: 0 };
    expect(markdown(early, { release })).toContain(
      '- Published: **Tuesday 20 October 2020 (interim, 11 days to the target, predicted 9 days late)**',
    );
    expect(markdown(early, { release, lang: 'ja' })).toContain(
      '- 公表日: **2020年（令和2年）10月20日（火）（途中経過、目標まであと11日、9日遅れの見込み）**',
    );
  });

  test('how the round stands before the target is interim too, and no longer after it', () => {
    const on = (asOf: string) => markdown({ ...ROUND_2020, asOf: asOf as Instant }, { release: { kind: 'current' } });
    expect(on('2020-10-29T15:00:00.000Z')).toContain('- State: **incomplete (3 units): interim, 1 day to the target**');
    expect(on('2020-10-31T15:00:00.000Z')).toContain('- State: **incomplete (3 units)**\n');
  });
});

describe('a result against its target', () => {
  const TARGET = { date: '2020-10-31' };
  const dayOf = (fromTarget: number) => new Date(Date.UTC(2020, 9, 31 + fromTarget)).toISOString().slice(0, 10);
  const range = fc.integer({ min: -400, max: 400 });

  test('is on target only when it is whole by then, late after it, and interim in between', () => {
    fc.assert(
      fc.property(range, fc.boolean(), fc.option(range, { nil: undefined }), (day, complete, end) => {
        const predicted = end === undefined ? {} : { predictedEnd: dayOf(end) };
        expect(againstTarget({ target: TARGET, complete, ...predicted }, dayOf(day))).toEqual(
          day > 0
            ? { kind: 'late', days: day }
            : complete
              ? { kind: 'on-target' }
              : { kind: 'interim', daysLeft: -day + 0, predictedSlip: Math.max(0, end ?? 0) },
        );
      }),
    );
  });
});

describe('shares', () => {
  const units = (...results: UnitResult['result'][]) => results.map((result) => ({ result }));

  test('not applicable is in neither number of the share', () => {
    expect(shareOf(units('SATISFIED', 'NOT_SATISFIED', 'NOT_APPLICABLE', 'NOT_APPLICABLE'))).toEqual({
      applicable: 2,
      satisfied: 1,
      apart: 2,
      notAsked: 0,
      percent: '50.0',
    });
    expect(shareOf(units('NOT_APPLICABLE')).percent).toBeUndefined();
  });

  test('only all are 100 %, and only none are 0 %', () => {
    const many = (satisfied: number, others: number) =>
      shareOf([
        ...Array.from({ length: satisfied }, () => ({ result: 'SATISFIED' as const })),
        ...Array.from({ length: others }, () => ({ result: 'NOT_ANSWERED' as const })),
      ]).percent;
    expect([many(3000, 1), many(1, 3000), many(3, 0), many(0, 3)]).toEqual(['99.9', '0.1', '100.0', '0.0']);
  });
});

describe('the page', () => {
  test('needs no script and nothing from outside, and says so to the browser', () => {
    const page = html(ROUND_2020, { lang: 'ja', drill: true });
    expect(page).toMatch(/^<!doctype html>\n<html lang="ja">/);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/<script|<img|<link|href=|src=|url\(|https?:/);
    expect(page).toContain('<title>再現・訓練: セキュリティ総点検 2020 の結果</title>');
  });

  test('has a caption and headers at each table, for who does not see it', () => {
    const page = html(ROUND_2020);
    const tables = page.match(/<table[\s\S]*?<\/table>/g) ?? [];
    expect(tables).toHaveLength(7);
    for (const table of tables) {
      expect(table).toMatch(/<caption>[^<]+<\/caption>/);
      const [head, body] = table.split('<tbody>') as [string, string];
      const columns = head.match(/<th scope="col"/g)!.length;
      for (const row of body.match(/<tr[\s\S]*?<\/tr>/g)!)
        expect([row.match(/<th scope="row">/g)?.length, row.match(/<t[hd]/g)?.length]).toEqual([1, columns]);
    }
    const levels = [...page.matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    levels.slice(1).forEach((level, index) => expect(level - levels[index]!).toBeLessThanOrEqual(1));
  });

  test('lets nothing in names and texts become a mark', () => {
    const page = html(withUnit({ name: { ja: 'x', en: '<script>alert("1")</script>&amp;' } }));
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;');
    expect(page).not.toContain('<script');
  });
});

describe('the table', () => {
  const rowOf = (table: ReturnType<typeof roundReportTable>, id: string) => {
    const at = (name: string) => table.header.indexOf(name);
    const row = table.rows.find(({ cells }) => cells[at('Id')] === id)!;
    return Object.fromEntries(table.header.map((name, index) => [name, row.cells[index]!]));
  };

  test('has a row for each of the 35 units, with gaps by phase, promise and exception', () => {
    const table = roundReportTable(ROUND_2020, options());
    expect(table.rows.filter(({ cells }) => cells[0] === 'Unit')).toHaveLength(35);
    for (const { cells } of table.rows) expect(cells).toHaveLength(table.header.length);
    expect(rowOf(table, 'mijica')).toMatchObject({
      Result: 'not satisfied',
      Basis: 'not stated',
      Mandatory: '22',
      Satisfied: '8',
      Failing: '14',
      'Failing 1 Account': '3',
      'Failing 4 Paying': '5',
      'N/A': '0',
      Due: '2020-12-31',
      'Last bank day': '2020-12-30',
      Firmness: 'target',
      Service: 'suspended (2), active (1)',
    });
    expect(rowOf(table, 'c6')).toMatchObject({
      Incomplete: 'incomplete',
      'Days overdue': '3',
      Exceptions: 'evaluation not finished (suspended)',
    });
    expect(rowOf(table, 'n1')).toMatchObject({ Result: 'not applicable', Incomplete: '' });
  });

  test('sums up to the units alone: rows of other kinds have no figures', () => {
    const table = roundReportTable(ROUND_2020, options());
    const at = table.header.indexOf('Failing');
    expect(table.rows.reduce((sum, { cells }) => sum + Number(cells[at]), 0)).toBe(16);
  });

  test('carries its marks in every row, so that sorting loses none', () => {
    const table = roundReportTable(ROUND_2020, options({ drill: true, release: { kind: 'current' }, lang: 'ja' }));
    expect(new Set(table.rows.map(({ cells }) => cells[0]))).toEqual(new Set(['再現・訓練 / 案（未公表）']));
    expect(roundReportTable(ROUND_2020, options()).header).not.toContain('Mark');
  });

  test('shows a spreadsheet program no formula, whatever a unit is called', async () => {
    const name = { ja: 'x', en: '=HYPERLINK("http://e.invalid")' };
    const table = roundReportTable(withUnit({ name }), options());
    const csv = Buffer.from(await writeSheet(table, 'csv')).toString();
    expect(csv).toContain(`"'=HYPERLINK(""http://e.invalid"")"`);
    expect((await readSheet(Buffer.from(csv))).rows[0]!.cells).toContain(name.en);
  });
});

describe('every format', () => {
  const talks: NonNullable<RoundResult['improvements']>[number] = {
    ...{ name: 'talks', units: ['o1', 'c2'], subject: 'other', stage: 'IN_PREPARATION', standing: 'ON_TRACK' },
    ...{ text: { ja: '照合の自動化', en: 'Machine check' }, due: { date: '2021-01-31', lastOpenDay: '2021-01-29' } },
    ...{ firmness: 'target', earlier: ['2020-12-31'] },
  };
  const result: RoundResult = {
    ...ROUND_2020,
    institution: { ja: 'サンプル銀行', en: 'Sample Bank' },
    improvements: [talks],
  };

  test.each(['md', 'html', 'csv', 'pdf'] as const)('says as %s all that the others say', async (format) => {
    const bytes = await roundReportBytes(result, format, options({ lang: 'ja', drill: true }));
    const said = (format === 'pdf' ? (await pagesOf(bytes)).join('') : Buffer.from(bytes).toString()).replace(
      /\s/g,
      '',
    );
    const plain = format === 'md' ? said.replace(/\\(.)/g, '$1') : said;
    for (const text of [
      ...['再現・訓練', 'サンプル銀行', 'セキュリティ総点検2020の結果', '要約値', 'ab12'],
      // State, target with its last bank day, slip.
      ...['未了（3先）', '完了目標', '最終の銀行営業日は2020年（令和2年）10月30日（金）', '目標から9日遅れ'],
      // Basis, not applicable apart, share.
      ...['強化前', '強化後', '基準の記載なし', '該当項目なし', 'N16', '充足は14先（73.7％）です'],
      // Failing by phase, commitments, service.
      ...['①アカウント作成', '⑤取引後', 'Twoitems(o4-7)', '約束', '予定どおり', '停止中（2）、提供中（1）'],
      // The evaluator's words, and what gets better.
      ...[
        '確定（除外事項あり）',
        '評価が終わっていない',
        '点検が未了の先の点検を完了すること。',
        '対策の強化を続けること。',
      ],
      ...['不備以外の改善', 'O1、C2', '照合の自動化', '準備中'],
    ])
      expect([text, plain.includes(text)]).toEqual([text, true]);
    const days =
      format === 'csv'
        ? ['2020-12-31', '2020-12-30', '2021-01-29']
        : ['12月31日（木）', '12月30日（水）', '1月29日（金）'];
    for (const day of days) expect(plain).toContain(day);
    const counts = {
      md: '|コード決済|1|0|5|',
      html: '<td class="n">1</td>',
      csv: '評価中（1）、充足（5）、合計（6）',
      pdf: 'コード決済1050006',
    };
    expect(plain).toContain(counts[format].replace(/\s/g, ''));
  });
});
