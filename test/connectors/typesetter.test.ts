import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { missingGlyphs, startTypesetter, type Typesetter } from '../../src/connectors/typesetter/index.js';
import { roundReportPdf } from '../../src/connectors/typesetter/roundReport.js';
import type { RoundResult } from '../../src/domain/inspectionRound/result.js';
import type { Instant } from '../../src/domain/instant.js';
import { Refusal } from '../../src/domain/refusal.js';
import { pagesOf } from './pdfText.js';
import { ROUND_2020 } from './roundResult.js';

const zone = { name: 'Asia/Tokyo', offsets: [{ from: '2000-01-01T00:00:00.000Z' as Instant, minutes: 540 }] };
const RELEASED = { kind: 'published', digest: 'd2020', on: '2020-11-09', slipDays: 9 } as const;
const HEAD = '#set text(font: "Noto Sans JP", fallback: false)\n#let d = json(bytes(sys.inputs.data))\n';
const small = { name: 'small.typ', source: `${HEAD}#d.text` };

async function refusalOf(act: Promise<unknown>): Promise<string> {
  const error = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Refusal);
  const { en, ja } = (error as Refusal).sentence;
  expect(ja).toMatch(/。$/);
  return en;
}

/** Process ids of the typesetters that this process has started. */
function children(): number[] {
  const list = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return list
    .split('\n')
    .filter((line) => line.includes('typesetter/child.js'))
    .map((line) => Number.parseInt(line, 10));
}

let typesetter: Typesetter;
const more: Typesetter[] = [];
const another = (options: Parameters<typeof startTypesetter>[0]) => {
  const made = startTypesetter(options);
  more.push(made);
  return made;
};
beforeAll(() => {
  typesetter = startTypesetter();
});
afterEach(() => more.splice(0).forEach((each) => each.close()));
afterAll(() => typesetter.close());

describe('the report of a round', () => {
  const report = (lang: 'ja' | 'en', drill: boolean, given: Partial<RoundResult> = {}) =>
    roundReportPdf(typesetter, { ...ROUND_2020, ...given }, { lang, drill, zone, release: RELEASED });

  test('says in Japanese what was published, and reads back letter by letter', async () => {
    const { pdf, pages } = await report('ja', true);
    const texts = await pagesOf(pdf);
    expect(texts).toHaveLength(pages);
    const all = texts.join('');
    for (const text of [
      'セキュリティ総点検2020の結果',
      '基準時2020-11-0915:00+09:00',
      '未了（3先）',
      '完了目標2020年（令和2年）10月31日（土）（銀行休業日のため、最終の銀行営業日は2020年（令和2年）10月30日（金））',
      '公表日2020年（令和2年）11月9日（月）（目標から9日遅れ）',
      '区分評価中協議中充足不充足対応予定該当項目なし合計',
      'コード決済1050006',
      '決済以外001001617',
      '合計2114111635',
      'C6:評価中',
      'O6:協議中',
      '該当項目なし（16）:N1、N2',
      'mijica不充足基準の記載なし228140停止中（2）、提供中（1）',
      'mijica3215314',
      'O4Twoitems(o4-7)2020年（令和2年）12月31日（木）（2020年（令和2年）12月30日（水））約束予定どおり',
      '充足は14先（73.7％）です',
      '確定（除外事項あり）',
      'O6:回答の内容を協議している（停止中）',
      '3.対策の強化を続けること。',
    ]) {
      expect(all).toContain(text);
    }
    for (const page of texts) expect(page).toContain('再現・訓練');
  });

  test('says the same in English, and is not marked when it is no drill', async () => {
    const all = (await pagesOf((await report('en', false)).pdf)).join('');
    for (const text of [
      'incomplete(3units)',
      '9daysafterthetarget',
      'Codepayment1050006',
      'Total2114111635',
      'C6underevaluationafterhardening181504suspendedanswer3dayslate',
      'Notapplicable(16):N1,N2',
      'final,withexceptions',
      'O5:evaluationnotfinished(suspended)',
    ]) {
      expect(all).toContain(text);
    }
    expect(all).not.toMatch(/drill|訓練|[ぁ-んァ-ン一-龠]/);
  });

  test('says an improvement once with its counterparts: a whole group by its name, hundreds over several pages', async () => {
    const talks = (units: string[], en: string) => ({
      ...{ name: 'talks', units, subject: 'ivr-callback' as const, stage: 'TALKS' as const, earlier: [] },
      text: { ja: 'IVR認証（コールバック）の導入', en },
    });
    const partners = Array.from({ length: 17 }, (_, n) => `n${n + 1}`);
    const many = Array.from({ length: 1_200 }, (_, n) => `partner-${n + 1}`);
    const improvements = [talks(partners, 'IVR call-back when an account is linked'), talks(many, 'Letters')];
    const texts = (lang: 'ja' | 'en') => report(lang, false, { improvements }).then(({ pdf }) => pagesOf(pdf));
    const ja = await texts('ja');
    expect(ja.join('')).toContain('IVR認証（コールバック）の導入決済以外（全17先）協議中期日の約束なし');
    expect(ja.length).toBeGreaterThan(4);
    for (const partner of [many[0]!, many[600]!, many.at(-1)!]) expect(ja.join('')).toContain(partner);
    expect((await texts('en')).join('')).toContain(
      'IVRcall-backwhenanaccountislinkedNon-payment(all17units)intalksnodatepromised',
    );
  });

  test('says so when nothing is open, promised or evaluated', async () => {
    const given = {
      complete: true,
      incomplete: [],
      commitments: [],
      opinion: undefined,
      published: undefined,
      groups: [],
    };
    const all = (await pagesOf((await report('ja', false, given)).pdf)).join('');
    expect(all).toContain('状況点検完了');
    expect(all).toContain('改善対応の約束ありません。');
    expect(all).not.toContain('第三者評価');
  });

  test('is the same bytes each time', async () => {
    const [first, second] = [await report('ja', true), await report('ja', true)];
    expect(Buffer.from(first.pdf).equals(Buffer.from(second.pdf))).toBe(true);
  });

  test('goes over many pages without splitting a row or losing one', async () => {
    const units = Array.from({ length: 200 }, (_, n) => ({
      ...ROUND_2020.groups[0]!.units[0]!,
      unit: `u${n}`,
      name: { ja: `対象第${n}号。`, en: `unit ${n}` },
    }));
    const groups = [{ ...ROUND_2020.groups[0]!, units }];
    const { pdf, pages } = await report('ja', true, { groups });
    const all = (await pagesOf(pdf)).join('');
    expect(pages).toBeGreaterThan(4);
    for (let n = 0; n < 200; n++) expect(all).toContain(`対象第${n}号。充足強化後`);
  });
});

describe('characters that the font lacks', () => {
  test.each([
    ['𠮷野家 髙橋 﨑 𩸽 〜 − ① ㈱ é か\u3099', []],
    ['line\nend\ttab\u200b', []],
    ['ok 😀😀 한 ok', ['😀', '한']],
    // The font would show the basic shape of the character, which is not the one asked for.
    ['辻\u{e0100}', ['\u{e0100}']],
    ['\u0007', ['\u0007']],
  ])('are told before paper is wasted (%j)', (text, expected) => {
    expect(missingGlyphs(text)).toEqual(expected);
  });

  test('are refused with their place, and never dropped', async () => {
    const named = { ja: '髙橋😀', en: 'x' };
    const groups = [{ ...ROUND_2020.groups[0]!, name: named }];
    const given = { ...ROUND_2020, groups };
    const refused = await refusalOf(
      roundReportPdf(typesetter, given, { lang: 'ja', drill: true, zone, release: RELEASED }),
    );
    expect(refused).toContain('U+1F600 (summary.0.name)');
    expect(refused).not.toContain('髙');
    await expect(
      roundReportPdf(typesetter, given, { lang: 'en', drill: true, zone, release: RELEASED }),
    ).resolves.toBeDefined();
    expect(await refusalOf(typesetter.typeset({ name: 'x.typ', source: `${HEAD}한글` }, {}))).toContain(
      'U+D55C (x.typ)',
    );
  });
});

describe('a template', () => {
  test('gets data as data: no mark in them works', async () => {
    const text = '#panic("x") *a* $b$ \\ [c] <d> @e // f /* g */ = h';
    const { pdf } = await typesetter.typeset(small, { text });
    expect(await pagesOf(pdf)).toEqual([text.replace(/\s/g, '')]);
  });

  test.each([
    [
      'a field that the data do not have',
      `${HEAD}一行\n  #d.nope`,
      'fault.typ:4:6 dictionary does not contain key "nope"',
    ],
    ['an open bracket', `${HEAD}#let x = (`, 'fault.typ:3:'],
    ['a package from elsewhere', '#import "@preview/tablex:0.0.8": *', 'fault.typ:1:'],
  ])('with %s is refused with file, line and column', async (_what, source, message) => {
    expect(await refusalOf(typesetter.typeset({ name: 'fault.typ', source }, { text: 'x' }))).toContain(message);
    await expect(typesetter.typeset(small, { text: 'x' })).resolves.toMatchObject({ pages: 1 });
  });

  test('reads nothing outside its folder, and its faults name no folder of this machine', async () => {
    for (const file of ['/etc/hostname', '../package.json', '../../../../etc/hostname']) {
      const refused = await refusalOf(typesetter.typeset({ name: 'r.typ', source: `#read("${file}")` }, {}));
      expect(refused).toContain('r.typ:1:');
      expect(refused).not.toContain(process.cwd());
    }
    expect(await refusalOf(typesetter.typeset({ file: '../package.json' }, {}))).toContain('not in the templates');
  });

  test('that includes another names the file at fault, and a mended file is read again', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'templates-'));
    const own = another({ folder });
    writeFileSync(path.join(folder, 'part.typ'), 'ok\n\n#nope');
    writeFileSync(path.join(folder, 'main.typ'), `${HEAD}#include "part.typ"`);
    expect(await refusalOf(own.typeset({ file: 'main.typ' }, {}))).toContain('part.typ:3:2 unknown variable: nope');
    writeFileSync(path.join(folder, 'part.typ'), 'mended');
    const { pdf } = await own.typeset({ file: 'main.typ' }, {});
    rmSync(folder, { recursive: true });
    expect(await pagesOf(pdf)).toEqual(['mended']);
  });
});

describe('the process of the typesetter', () => {
  test('works through what comes at once, each with its own answer', async () => {
    const texts = Array.from({ length: 20 }, (_, n) => `text-${n}`);
    const made = await Promise.all(texts.map((text) => typesetter.typeset(small, { text })));
    expect((await Promise.all(made.map(({ pdf }) => pagesOf(pdf)))).flat()).toEqual(texts);
  });

  test('that is killed between two documents or within one is replaced, and nothing is lost', async () => {
    const own = another({});
    typesetter.close();
    await own.typeset(small, { text: 'x' });
    process.kill(children()[0]!, 'SIGKILL');
    expect(await own.typeset(small, { text: 'y' })).toMatchObject({ pages: 1 });
    const long = own.typeset({ name: 'long.typ', source: `${HEAD}#for n in range(6000) [ #n ]` }, { text: 'z' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const pid of children()) process.kill(pid, 'SIGKILL');
    expect((await long).pages).toBeGreaterThan(5);
  });

  test('that does not come to an end is ended, and the next document is made', async () => {
    const own = another({ timeoutMs: 3_000 });
    await own.typeset(small, { text: 'x' });
    const endless = `${HEAD}#let n = 0\n#for a in range(100000) { for b in range(100000) { n += b } }`;
    const started = children();
    expect(await refusalOf(own.typeset({ name: 'endless.typ', source: endless }, {}))).toMatch(/within 3 s/);
    expect(await own.typeset(small, { text: 'y' })).toMatchObject({ pages: 1 });
    expect(children()).not.toEqual(started);
  });

  test('is replaced after its pages, since it does not give memory back', async () => {
    const own = another({ recycleAfterPages: 3 });
    typesetter.close();
    const three = { name: 'three.typ', source: '1 #pagebreak() 2 #pagebreak() 3' };
    await own.typeset(small, { text: 'x' });
    const first = children();
    await own.typeset(three, {});
    await own.typeset(small, { text: 'y' });
    expect(first).toHaveLength(1);
    expect(children()).not.toContain(first[0]);
  });

  test('lets its parent end, and ends with it', () => {
    const script = `
      const { startTypesetter } = await import('./dist/connectors/typesetter/index.js');
      const { pages } = await startTypesetter().typeset({ name: 's.typ', source: 'x' }, {});
      console.log(pages);`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(out.trim()).toBe('1');
  });
});
