import { roundReportBytes } from '../connectors/roundReport.js';
import type { Instant, Zone } from '../domain/instant.js';
import type { Release } from '../domain/roundReport.js';
import type { Providers } from '../domain/providers.js';
import type { Store } from '../store/open.js';
import { readReport, reportsOf } from '../store/roundReports.js';
import { readRound } from '../store/rounds.js';

export interface ReportFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The report of the round as files, `round-report.<ja|en>.<md|pdf|csv>`: what was released, as the register keeps it; how
 * the round stands at the end where nothing was. None without a round.
 */
export async function roundReportFiles(
  { db }: Store,
  providers: Providers | undefined,
  at: Instant,
  zone: Zone,
): Promise<ReportFile[]> {
  const row = await db.selectFrom('round').select('round').orderBy('opened_at').limit(1).executeTakeFirst();
  if (!row) return [];
  const { round } = row;
  const released = (await reportsOf(db, round, zone)).find(({ release }) => release.kind === 'published');
  const result = released
    ? await readReport(db, round, released.digest)
    : await readRound(db, providers, { round, at, zone });
  if (!result) return [];
  const release: Release = released?.release ?? { kind: 'current' };
  const files: ReportFile[] = [];
  for (const lang of ['ja', 'en'] as const)
    for (const format of ['md', 'pdf', 'csv'] as const) {
      const bytes = await roundReportBytes(result, format, { lang, drill: true, zone, release });
      files.push({ name: `round-report.${lang}.${format}`, bytes });
    }
  return files;
}
