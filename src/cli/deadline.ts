import path from 'node:path';
import { zoneAt } from '../activities/zone.js';
import { PROJECT_ROOT } from '../config.js';
import { CalendarSchema } from '../domain/calendar.js';
import { dateText, japaneseYear, weekdayName } from '../domain/date.js';
import { explain, type Explained } from '../domain/deadline/resolve.js';
import { parseRule, RULE_EXAMPLES } from '../domain/deadline/rule.js';
import type { Firmness } from '../domain/deadline/value.js';
import { DAY, InstantSchema, localDate, plus, type Instant, type Zone } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import { arithmeticText } from '../domain/wording/arithmetic.js';
import { readFamily } from '../store/playbookFiles.js';
import type { App, Result, Word } from './app.js';
import type { Context } from './context.js';
import { readInput } from './input.js';
import { local, type Page } from './output.js';

export function deadlineCommands(app: App, ...word: Word) {
  const group = app.group(...word);
  group.addCommand(
    app
      .command('explain', {
        en: 'work out the deadline of a rule, with the arithmetic in words',
        ja: '規則から期限を計算し、数え方を言葉で示す',
      })
      .argument('[rule]', app.t('the rule as JSON, a file, or "-"', '規則の JSON、ファイル名、または「-」'))
      .option(
        '--start <instant>',
        app.t('when its start event was true; now unless given', '起点の日時（省略時は現在）'),
      )
      .addHelpText('after', () => `\n${help(app)}`)
      .action((rule, flags) => app.run(flags, (context) => explained(context, rule, flags.start))),
  );
  return group;
}

const help = (app: App) =>
  [
    app.t('Right rules:', '正しい規則の例:'),
    ...Object.values(RULE_EXAMPLES).map((rule) => `  hikeshi deadline explain '${JSON.stringify(rule)}'`),
  ].join('\n');

/** How far before the start the zone's offsets are needed: rules may count backwards. */
const BACK = 366 * DAY;

async function explained(context: Context, source: string | undefined, startText: string | undefined): Promise<Result> {
  const start = startText === undefined ? context.now() : readStart(startText);
  const rule = parseRule(source === undefined ? undefined : await readInput(source, RULE_EXAMPLES.word));
  const { documents } = await context.documents();
  // A register that was filled before there were calendars has none.
  const shipped = await readFamily(CalendarSchema, [path.join(PROJECT_ROOT, 'calendars')]);
  const calendars = { ...shipped, ...documents.calendars };
  const zone = zoneAt(documents.playbook.zone, plus(start, -BACK));
  const found = explain(rule, start, calendars, zone);
  const { deadline, steps } = found;
  const date = deadline.date ?? localDate(deadline.at, zone);
  return {
    data: {
      deadline,
      zone: zone.name,
      date,
      weekday: weekdayName(date),
      japaneseYear: japaneseYear(date),
      ...(deadline.lastOpenDay && {
        lastOpenDay: deadline.lastOpenDay,
        lastOpenWeekday: weekdayName(deadline.lastOpenDay),
      }),
      steps,
    },
    page: (page) => show(page, found, date, zone),
  };
}

/** @throws Refusal for text that is no instant */
function readStart(text: string): Instant {
  const read = InstantSchema.safeParse(text);
  if (read.success) return read.data;
  throw new Refusal({
    en: 'The option --start must be an instant with its offset, for example --start 2020-09-24T10:00:00+09:00.',
    ja: '--start には時差付きの日時を指定してください。例: --start 2020-09-24T10:00:00+09:00',
  });
}

const FIRMNESS: Readonly<Record<Firmness, Sentence>> = {
  statutory: { en: 'statutory', ja: '法令による期限' },
  committed: { en: 'committed', ja: '約束した期限' },
  target: { en: 'target', ja: '目標（めど）' },
  principle: { en: 'principle', ja: '原則' },
};

function show(page: Page, { deadline, steps }: Explained, date: string, zone: Zone): void {
  const { at, lastOpenDay, interval, calendar } = deadline;
  page.heading(page.t({ en: `Due: ${dateText(date).en}`, ja: `期限: ${dateText(date).ja}` }));
  page.text(
    page.t({ en: `until ${local(at, zone)} (${zone.name})`, ja: `${local(at, zone)} まで（${zone.name}）` }),
    2,
  );
  if (interval)
    page.text(
      page.t({
        en: `Span: ${dateText(interval.from).en} to ${dateText(interval.until).en}`,
        ja: `期間: ${dateText(interval.from).ja}から${dateText(interval.until).ja}まで`,
      }),
      2,
    );
  if (lastOpenDay)
    page.text(
      page.t({
        en: `Last open day: ${dateText(lastOpenDay).en}`,
        ja: `最終営業日: ${dateText(lastOpenDay).ja}`,
      }),
      2,
      ...(lastOpenDay === date ? [] : (['yellow'] as const)),
    );
  page.heading(page.t({ en: 'How it was counted', ja: '数え方' }));
  steps.forEach((step, index) => page.text(`${index + 1}. ${page.t(step)}`, 2));
  page.heading(page.t({ en: 'By which rule', ja: '規則' }));
  page.text(
    page.t({
      en: `${deadline.rule}, version ${deadline.ruleVersion}; ${FIRMNESS[deadline.firmness].en}`,
      ja: `${deadline.rule}（版 ${deadline.ruleVersion}）、${FIRMNESS[deadline.firmness].ja}`,
    }),
    2,
  );
  if (calendar)
    page.text(
      page.t({
        en: `calendar ${calendar.id}, version ${calendar.version}`,
        ja: `カレンダー ${calendar.id}（版 ${calendar.version}）`,
      }),
      2,
    );
  page.text(page.t(arithmeticText(deadline)), 2);
}
