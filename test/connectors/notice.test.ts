import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';

import { PROJECT_ROOT } from '../../src/config.js';
import { readNotice, readNotices } from '../../src/connectors/notice/read.js';
import { renderNotice } from '../../src/connectors/notice/render.js';
import { INSPECTION_NOTICE_EXAMPLE, INSPECTION_NOTICES, noticeId, type Notice } from '../../src/domain/notice.js';
import { Refusal } from '../../src/domain/refusal.js';

const folder = path.join(PROJECT_ROOT, 'notices');
const data = INSPECTION_NOTICE_EXAMPLE;
const live = { drill: false };
const notice = (body: string, subject = '"件名"', lang: 'ja' | 'en' = 'ja') =>
  readNotice(`test.${lang}.md`, `---\nversion: "1"\nsubject: ${subject}\n---\n${body}`);
const text = (body: string, values: object = data, lang: 'ja' | 'en' = 'ja') =>
  renderNotice(notice(body, undefined, lang), values, live).text;

function refusalOf(act: () => unknown): Refusal {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the texts of an inspection', () => {
  let notices: Notice[];
  beforeAll(async () => {
    notices = await readNotices(folder);
  });

  test('are there in both languages', () => {
    const kinds = INSPECTION_NOTICES.flatMap((name) => [
      noticeId({ name, lang: 'en' }),
      noticeId({ name, lang: 'ja' }),
    ]);
    expect(notices.map(noticeId).sort()).toEqual(kinds.sort());
  });

  test.each(INSPECTION_NOTICES)('%s says what to do, by when, where and whom to ask', (name) => {
    for (const each of notices.filter((candidate) => candidate.name === name)) {
      const { subject, text: plain, html } = renderNotice(each, data, live);
      const japanese = each.lang === 'ja';
      expect(subject).toContain(data.unit.name);
      expect(plain).toContain(japanese ? 'お願いしたいこと' : 'What to do');
      expect(plain).toContain(data.link);
      expect(plain).toContain(data.desk.mail);
      expect(plain).toContain('0120-000-000');
      // Who asks, and how to tell that it is no phishing: the number is not taken from the mail.
      expect(plain.split('\n').slice(0, 6).join('\n')).toContain(data.institution);
      expect(plain).toMatch(
        japanese ? /パスワードや暗証番号をお尋ねすることはありません/ : /never ask for a password or a PIN/,
      );
      expect(plain).toMatch(
        japanese ? /電話番号は、このメールではなく、契約書類などで/ : /number that you know from your contract/,
      );
      expect(plain).toContain(japanese ? '10月31日（土）' : 'Saturday 31 October 2020');
      expect(plain).toContain(japanese ? '10月30日（金）' : 'the last bank day is Friday 30 October 2020');
      expect(html).toContain(`<html lang="${each.lang}">`);
      expect(html).toContain(`<a href="${data.link}">`);
      // Neither form shows marks of the other, or of the source.
      expect(plain).not.toMatch(/\*\*|\]\(|\{\{|\{%|<\/|\\/);
      expect(html).not.toMatch(/\*\*|\{\{|\{%/);
      expect(plain + subject).not.toContain('訓練');
      // Each language stands alone.
      if (!japanese)
        expect(
          plain.replace(/サンプル銀行|総点検 2020|総点検事務局|C1 点検ご担当|口座登録時の二要素認証/g, ''),
        ).not.toMatch(/[ぁ-んァ-ン一-龠]/);
    }
  });

  test('say so when they belong to a drill, in subject, text and page', () => {
    for (const each of notices) {
      const { subject, text: plain, html } = renderNotice(each, data, { drill: true });
      expect(subject).toMatch(/^\[訓練 DRILL\] /);
      expect(plain).toMatch(/^【再現・訓練】/);
      expect(html).toContain('【再現・訓練】');
    }
  });

  test('count days as people do', () => {
    const reminder = (lang: string, days: number) => {
      const found = notices.find((each) => each.name === 'inspection-reminder' && each.lang === lang)!;
      return renderNotice(found, { ...data, days }, live).text;
    };
    expect(reminder('ja', 3)).toContain('C1\nC1 点検ご担当 様');
    expect(reminder('ja', 3)).toContain('あと3日です');
    expect(reminder('en', 1)).toContain('in 1 day.');
    expect(reminder('en', 2)).toContain('in 2 days.');
  });

  test('leave out a telephone that the desk does not have', () => {
    const request = notices.find(({ name, lang }) => name === 'inspection-request' && lang === 'ja')!;
    const noPhone = renderNotice(request, { ...data, desk: { ...data.desk, phone: null } }, live).text;
    expect(noPhone).not.toContain('電話 ');
  });
});

describe('a text', () => {
  test('of a later folder takes the place of the default', async () => {
    const own = await mkdtemp(path.join(tmpdir(), 'notices-'));
    await writeFile(
      path.join(own, 'inspection-request.ja.md'),
      '---\nsubject: "{{ round.title }}"\nversion: own-1\n---\n{{ link }}\n',
    );
    const notices = await readNotices(folder, own, path.join(own, 'not-there'));
    await rm(own, { recursive: true });
    expect(notices).toHaveLength(2 * INSPECTION_NOTICES.length);
    expect(notices.filter(({ version }) => version === 'own-1').map(noticeId)).toEqual(['inspection-request.ja']);
  });

  test('without its other language is refused', async () => {
    const own = await mkdtemp(path.join(tmpdir(), 'notices-'));
    await writeFile(path.join(own, 'alone.en.md'), '---\nsubject: x\nversion: "1"\n---\nx\n');
    const reading = readNotices(own);
    await expect(reading).rejects.toThrow(/alone\.en\.md has no alone\.ja\.md/);
    await rm(own, { recursive: true });
  });

  test('with a misspelt field is refused with file, line and column, also where it would not be shown', async () => {
    const own = await mkdtemp(path.join(tmpdir(), 'notices-'));
    const body = 'ok\n\n{% if desk.phone %}{% else %}\n  あ {{ unit.nam }}\n{% endif %}\n';
    for (const lang of ['ja', 'en']) {
      await writeFile(path.join(own, `typo.${lang}.md`), `---\nsubject: x\nversion: "1"\n---\n${body}`);
    }
    const error = await readNotices(own).catch((reason: unknown) => reason);
    await rm(own, { recursive: true });
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).sentence.en).toMatch(/typo\.en\.md:8:8 .*there is no field "unit\.nam"/);
    expect((error as Refusal).sentence.ja).toMatch(/typo\.en\.md:8:8 .*項目「unit\.nam」はありません/);
  });

  test.each([
    ['an unknown field', 'a\n {{ unitt.name }}', 'test.ja.md:6:5'],
    ['a filter that does not exist', 'a\nb {{ unit.name | shout }}', 'test.ja.md:6:3'],
    ['a value that is no text', 'a {{ unit }}', 'test.ja.md:5:3'],
    ['an open tag', 'a\n\n{% if unit %}', 'test.ja.md:7:1'],
    ['an open value', '{{ unit.name', 'test.ja.md:5:1'],
    ['another file', "{% include 'package.json' %}", 'test.ja.md:5:1'],
    ['the date of the machine', "{{ 'now' | date: '%s' }}", 'test.ja.md:5:1'],
    ['values that are not escaped', '{{ unit.name | raw }}', 'test.ja.md:5:1'],
  ])('with %s is refused with its place', (_what, body, place) => {
    const { sentence } = refusalOf(() => text(body));
    expect(sentence.en).toContain(place);
    expect(sentence.ja).toContain(place);
  });

  test('with a fault in its subject is refused with the line of the subject', () => {
    const refused = refusalOf(() => renderNotice(notice('x', '"{{ unitt }}"'), data, live));
    expect(refused.sentence.en).toContain('test.ja.md:3 is not right: undefined variable: unitt');
  });

  test.each([
    ['test.md', '---\nsubject: x\nversion: "1"\n---\nx', '<name>.ja.md'],
    ['test.ja.md', 'x', 'must begin with'],
    ['test.ja.md', '---\nversion: "1"\n---\nx', 'subject'],
    ['test.ja.md', '---\nsubject: x\nversion: 1\n---\nx', 'version'],
    ['test.ja.md', '---\nsubject: x\nversion: "1"\nbcc: y\n---\nx', 'bcc'],
    ['test.ja.md', '---\nsubject: "x\n---\nx', 'is not right'],
    ['test.ja.md', '---\nsubject: x\nversion: "1"\n---\n', 'missing'],
  ])('%s of the wrong form is refused in a sentence', (file, content, message) => {
    expect(refusalOf(() => readNotice(file, content)).sentence.en).toContain(message);
  });

  test('that never ends is stopped', () => {
    const endless = '{% for a in (1..100000) %}{% for b in (1..100000) %}{{ a }}{% endfor %}{% endfor %}';
    expect(refusalOf(() => text(endless)).sentence.en).toMatch(/limit exceeded/);
  });

  test('reads no more of a value than its own fields', () => {
    expect(() => text('{{ unit.constructor }}')).toThrow(Refusal);
    expect(() => text('{{ unit.name.constructor }}')).toThrow(Refusal);
  });
});

describe('a value in a text', () => {
  const value =
    '**太字** [x](javascript:alert(1)) <script>alert(1)</script> # `a` _b_ ![i](http://x.example/i.png) &amp; {{ link }}';

  test('stays what it is: no mark, no tag, no link', () => {
    const rendered = renderNotice(notice('- {{ unit.name }}'), { unit: { name: value } }, live);
    expect(rendered.text).toBe(`- ${value}\n`);
    expect(rendered.html).toContain('&lt;script&gt;');
    expect(rendered.html).not.toMatch(/<script|<strong|<a |<img|<code|<em/);
  });

  test('is shown letter by letter, whatever it is', () => {
    const mark = fc.constantFrom(...'*_`[]()<>#+-.!&\\|~{}=:"\'/ aあ1'.split(''));
    const anything = fc.array(mark, { minLength: 1, maxLength: 20 }).map((marks) => `x${marks.join('')}y`);
    fc.assert(
      fc.property(anything, (given) => {
        const { text: plain, html } = renderNotice(notice('{{ v }}\n\n- {{ v }}'), { v: given }, live);
        expect(plain).toBe(`${given}\n\n- ${given}\n`);
        const body = html.slice(html.indexOf('<body'));
        expect(body.match(/<\w+/g)).toEqual(['<body', '<div', '<p', '<ul', '<li']);
      }),
      { numRuns: 200 },
    );
  });

  test('of several lines stays inside its list item', () => {
    const rendered = renderNotice(notice('- {{ v }}\n- z'), { v: '一行目\n\n# 二行目\n- 三行目' }, live);
    expect(rendered.text).toBe('- 一行目\n  # 二行目\n  - 三行目\n- z\n');
    expect(rendered.html.match(/<li>/g)).toHaveLength(2);
    expect(rendered.html).not.toContain('<h1');
  });

  test('makes no second line in a subject', () => {
    const { subject } = renderNotice(notice('x', '"A {{ v }}"'), { v: 'b\r\nBcc: c' }, live);
    expect(subject).toBe('A b Bcc: c');
  });
});

describe('the plain form', () => {
  test('keeps lists, links and headings readable, and joins Japanese lines without a space', () => {
    const source =
      '# 見出し\n\n一行目の\n続き。\n\n1. あ\n2. い\n   - う\n\n> 引用\n\n[案内](https://bank.example/x) と [https://bank.example](https://bank.example)\n\n---\n\n    code\n\n終わり。';
    expect(text(source)).toBe(
      '見出し\n\n一行目の続き。\n\n1. あ\n2. い\n  - う\n\n> 引用\n\n案内 <https://bank.example/x> と https://bank.example\n\n----\n\ncode\n\n終わり。\n',
    );
    expect(text('one\ntwo', data, 'en')).toBe('one two\n');
  });
});
