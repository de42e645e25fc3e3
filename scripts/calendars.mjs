import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import holidayJp from '@holiday-jp/holiday_jp';

/**
 * Writes calendars/japan-*.yaml from the table of national holidays. The table is read by date text: its functions on
 * Date objects answer differently from time zone to time zone. Run it to add a year, and raise the version then: a
 * version that was published keeps its days for ever.
 */
const VERSION = '2017-2027-1';
const FROM = '2017-01-01';
const UNTIL = '2027-12-31';
const DAY = 86_400_000;
/** Where the table names the holiday before the substitute, and not the one that fell on a Sunday. */
const RENAMED = { '2025-05-06': 'みどりの日 振替休日', '2026-05-06': '憲法記念日 振替休日' };

const CALENDARS = [
  {
    id: 'japan-bank',
    name: { ja: '日本の銀行', en: 'Japanese banks' },
    source: 'Banking Act art. 15 and its order art. 5: national holidays, Saturdays, Sundays, 12-31 to 01-03.',
    yearEnd: { days: ['12-31', '01-01', '01-02', '01-03'], what: '年末年始の銀行休業日' },
  },
  {
    id: 'japan-government',
    name: { ja: '日本の行政機関', en: 'Japanese government offices' },
    source: 'Act on holidays of administrative organs: national holidays, Saturdays, Sundays, 12-29 to 01-03.',
    yearEnd: { days: ['12-29', '12-30', '12-31', '01-01', '01-02', '01-03'], what: '年末年始の閉庁日' },
  },
];

/** The closed days outside the weekend, each with what it is. */
function* closedDays({ yearEnd }) {
  for (let ms = Date.parse(FROM); ms <= Date.parse(UNTIL); ms += DAY) {
    const date = new Date(ms).toISOString().slice(0, 10);
    if ([0, 6].includes(new Date(ms).getUTCDay())) continue;
    const what =
      RENAMED[date] ??
      holidayJp.holidays[date]?.name ??
      (yearEnd.days.includes(date.slice(5)) ? yearEnd.what : undefined);
    if (what) yield { date, what };
  }
}

/** @returns {Record<string, string>} the text of each file, by its name */
export function calendarFiles() {
  return Object.fromEntries(
    CALENDARS.map((calendar) => [
      `${calendar.id}.yaml`,
      [
        '# Written by scripts/calendars.mjs; change it there. A published version never changes: raise the version.',
        `# ${calendar.source}`,
        '# The equinoxes of a year are announced in February of the year before: compare the last year of the list then.',
        `id: ${calendar.id}`,
        `version: '${VERSION}'`,
        'name:',
        `  ja: ${calendar.name.ja}`,
        `  en: ${calendar.name.en}`,
        '# ISO weekdays: Saturday and Sunday.',
        'weekend: [6, 7]',
        `from: '${FROM}'`,
        `until: '${UNTIL}'`,
        'closed:',
        ...[...closedDays(calendar)].map(({ date, what }) => `  - '${date}' # ${what}`),
        '',
      ].join('\n'),
    ]),
  );
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', 'calendars');
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(calendarFiles())) fs.writeFileSync(path.join(folder, name), text);
}
