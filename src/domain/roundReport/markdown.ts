import { blocksOf, type Block } from './blocks.js';
import type { RoundReport } from './view.js';

/** The report as Markdown with tables. Nothing in names or texts becomes a mark. */
export function roundReportMarkdown(report: RoundReport): string {
  const by = report.institution === '' ? [] : [lineStart(plain(report.institution))];
  return `${[`# ${plain(report.title)}`, ...by, ...blocksOf(report).map(blockText)].join('\n\n')}\n`;
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${plain(block.text)}`;
    case 'mark':
      return `> **${plain(block.mark)}**\n> ${plain(block.note)}`;
    case 'text':
      return lineStart(plain(block.text));
    case 'facts':
      return block.rows
        .map(({ name, value, strong }) => `- ${plain(name)}: ${strong ? `**${plain(value)}**` : plain(value)}`)
        .join('\n');
    case 'table':
      return tableText(block);
    case 'list':
      return block.items.map((item, index) => `${block.numbered ? `${index + 1}.` : '-'} ${plain(item)}`).join('\n');
  }
}

function tableText({ head, rows, figures, sum }: Extract<Block, { kind: 'table' }>): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(head.map(plain)),
    line(head.map((_, column) => (figures.includes(column) ? '---:' : '---'))),
    ...rows.map((row, index) =>
      line(row.map((cell) => (sum && index === rows.length - 1 ? `**${plain(cell)}**` : plain(cell)))),
    ),
  ].join('\n');
}

/** Text in one line, with every sign escaped that Markdown or the HTML in it would take for a mark. */
function plain(text: string): string {
  return text
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/[\\`*_{}[\]<>|~&#!]/g, (sign) => `\\${sign}`);
}

/** A paragraph that would begin a list or a heading. */
const lineStart = (text: string) => text.replace(/^(\d+)([.)])/, '$1\\$2').replace(/^([-+=])/, '\\$1');
