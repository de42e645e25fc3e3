import type { RoundResult } from '../domain/inspectionRound/result.js';
import {
  roundReport,
  roundReportHtml,
  roundReportMarkdown,
  roundReportTable,
  type RoundReportOptions,
} from '../domain/roundReport.js';

export const REPORT_FORMATS = ['md', 'html', 'pdf', 'csv'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** The result of a round as the bytes of a file. @throws Refusal when the type lacks a glyph */
export async function roundReportBytes(
  result: RoundResult,
  format: ReportFormat,
  options: RoundReportOptions,
): Promise<Uint8Array> {
  switch (format) {
    case 'md':
      return Buffer.from(roundReportMarkdown(roundReport(result, options)));
    case 'html':
      return Buffer.from(roundReportHtml(roundReport(result, options)));
    // Loaded only here: a screen needs neither spreadsheets nor a typesetter.
    case 'csv': {
      const { writeSheet } = await import('./spreadsheet/index.js');
      return writeSheet(roundReportTable(result, options), 'csv');
    }
    case 'pdf': {
      const [{ startTypesetter }, { roundReportPdf }] = await Promise.all([
        import('./typesetter/index.js'),
        import('./typesetter/roundReport.js'),
      ]);
      const typesetter = startTypesetter();
      try {
        return (await roundReportPdf(typesetter, result, options)).pdf;
      } finally {
        typesetter.close();
      }
    }
  }
}
