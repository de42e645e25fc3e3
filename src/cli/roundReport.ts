import { writeFile } from 'node:fs/promises';
import { reportDigest } from '../activities/inspectionRound.js';
import { REPORT_FORMATS, roundReportBytes, type ReportFormat } from '../connectors/roundReport.js';
import type { RoundResult } from '../domain/inspectionRound/result.js';
import { Refusal } from '../domain/refusal.js';
import { marksOf, type Release, type RoundReportOptions } from '../domain/roundReport.js';
import type { Language } from '../domain/sentence.js';
import { readReport, reportsOf } from '../store/roundReports.js';
import { readRound } from '../store/rounds.js';
import type { OutputOptions, Result } from './app.js';
import { modeOf } from './clock.js';
import type { Context } from './context.js';
import { noRound, roundOf } from './roundAt.js';

export interface ReportFlags extends OutputOptions {
  readonly format?: ReportFormat | undefined;
  readonly out?: string | undefined;
  readonly digest?: string | undefined;
}

/**
 * The result of a round as it would be, or was, published. With a digest exactly what is kept under it; without, how the
 * round stands now, which nobody has released.
 */
export async function reportResult(
  context: Context,
  text: string,
  flags: ReportFlags,
  lang: Language,
): Promise<Result> {
  const round = roundOf(text);
  const format = formatOf(flags);
  const db = await context.register();
  const { mode, at } = await context.asking(modeOf(db, context.now()));
  const zone = await context.zone();
  let result: RoundResult | undefined;
  let release: Release = { kind: 'current' };
  if (flags.digest === undefined) {
    const { documents } = await context.documents();
    const { institution } = documents.playbook;
    result = await context.asking(readRound(db, documents.providers, { round, at, zone, institution }));
    if (!result) throw await noRound(db, round);
  } else {
    const kept = await context.asking(reportsOf(db, round, zone));
    const found = kept.find(({ digest }) => digest === flags.digest);
    if (!found) throw noReport(round, kept);
    result = (await context.asking(readReport(db, round, flags.digest)))!;
    // It was made as one of the proposals that are kept; which of them is not written down.
    if (!kept.some((_, index) => reportDigest(result!, index + 1) === flags.digest))
      throw new Refusal(tampered(flags.digest));
    ({ release } = found);
  }
  const options: RoundReportOptions = { lang, drill: mode === 'drill', zone, release };
  const { out } = flags;
  if (flags.json && out === undefined) return { data: { mode, release, result }, page: () => undefined };
  const bytes = await roundReportBytes(result, format, options);
  if (out === undefined) return { data: {}, page: () => undefined, bytes };
  await write(out, bytes);
  return {
    data: { round, mode, release, format, lang, out, bytes: bytes.byteLength },
    page: (page) => {
      page.text(
        page.t({
          en: `The result of the round ${round} is written to ${out}.`,
          ja: `点検 ${round} の結果を ${out} に書き出しました。`,
        }),
      );
      if (release.kind !== 'current' && release.outdated)
        for (const { mark, note } of marksOf({ lang, drill: false, release }))
          page.text(`${mark}: ${note}`, 0, 'yellow');
      else if (release.kind !== 'published')
        page.text(
          page.t({
            en: 'It is marked as a draft: nobody has released it for publication.',
            ja: '公表の承認を受けていないため、「案」と表示しています。',
          }),
          0,
          'yellow',
        );
    },
  };
}

/** `--format`, or the end of the file's name; Markdown where neither says. */
function formatOf({ format, out }: ReportFlags): ReportFormat {
  const named = REPORT_FORMATS.find((each) => out?.toLowerCase().endsWith(`.${each}`));
  const chosen = format ?? named ?? 'md';
  if (chosen === 'pdf' && out === undefined)
    throw new Refusal({
      en: 'A PDF needs a file: add for example --out report.pdf.',
      ja: 'PDF にはファイル名が必要です。例: --out report.pdf',
    });
  return chosen;
}

export async function write(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(file, bytes);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new Refusal({
      en: `The file ${file} cannot be written (${code}). Name a file in a folder that is there.`,
      ja: `ファイル ${file} に書き込めません（${code}）。存在するフォルダーのファイルを指定してください。`,
    });
  }
}

function noReport(round: string, kept: readonly { readonly digest: string }[]): Refusal {
  const known = kept.map(({ digest }) => digest);
  return new Refusal({
    en: `The round ${round} has no report with this digest. ${known.length > 0 ? `There are: ${known.join(', ')}.` : `Propose one with "hikeshi round report-propose ${round}".`}`,
    ja: `点検 ${round} にこの要約値の報告はありません。${known.length > 0 ? `登録済み: ${known.join('、')}。` : `hikeshi round report-propose ${round} で公表案を作成してください。`}`,
  });
}

const tampered = (digest: string) => ({
  en: `What the register keeps under ${digest} is no longer what was proposed: its digest differs. Somebody changed it from outside. Take it from a backup, and find out who.`,
  ja: `台帳で ${digest} として保管されている内容が、提案時のものと異なります（要約値の不一致）。外部から変更されています。バックアップから復元し、原因を調べてください。`,
});
