import { blocksOf, type Block } from './blocks.js';
import type { RoundReport } from './view.js';

/**
 * The report as one HTML page that needs nothing else: no script, no picture, no address outside. Tables have captions and
 * headers for screen readers; on paper it prints in black on white.
 */
export function roundReportHtml(report: RoundReport): string {
  const title = text(report.title);
  const marks = report.marks.map(({ mark }) => text(mark)).join(' / ');
  return `<!doctype html>
<html lang="${report.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${marks === '' ? '' : `${marks}: `}${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${report.institution === '' ? '' : `<p class="by">${text(report.institution)}</p>\n`}<h1>${title}</h1>
${blocksOf(report).map(blockHtml).join('\n')}
</main>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1a1a1a; font: 1rem/1.7 "Noto Sans JP", "Hiragino Kaku Gothic ProN", "Yu Gothic", Meiryo, system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.35; margin: .5rem 0 1rem; }
.by { margin: 0; font-weight: 600; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; padding-bottom: .2rem; border-bottom: 2px solid #1a1a1a; }
h3 { font-size: 1rem; margin: 1.6rem 0 .5rem; }
.mark { border: 2px solid #1a1a1a; padding: .6rem .9rem; margin: 0 0 1rem; }
.mark strong { margin-right: 1em; }
.note { font-size: .875rem; color: #444; }
.scroll { overflow-x: auto; }
.wide { min-width: 46rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; line-height: 1.5; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { border: 1px solid #8a8a8a; padding: .35rem .55rem; text-align: left; vertical-align: top; }
td:not(.n), th:not(.n) { min-width: 5em; }
thead th { background: #ececec; vertical-align: bottom; }
th[scope=row] { font-weight: 600; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.sum > * { font-weight: 700; border-top: 2px solid #1a1a1a; }
dl { display: grid; grid-template-columns: max-content 1fr; margin: 0; border-top: 1px solid #8a8a8a; }
dt, dd { margin: 0; padding: .35rem .55rem; border-bottom: 1px solid #8a8a8a; overflow-wrap: anywhere; }
dt { background: #ececec; font-weight: 600; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dt { border-bottom: 0; } }
@media print { body { font-size: 9.5pt; } main { max-width: none; padding: 0; } tr, .mark { break-inside: avoid; } h2, h3 { break-after: avoid; } }
`.trim();

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${text(block.text)}</h${block.level}>`;
    case 'mark':
      return `<p class="mark"><strong>${text(block.mark)}</strong>${text(block.note)}</p>`;
    case 'text':
      return `<p${block.note ? ' class="note"' : ''}>${text(block.text)}</p>`;
    case 'facts':
      return `<dl>\n${block.rows
        .map(
          ({ name, value, strong }) =>
            `<dt>${text(name)}</dt><dd>${strong ? `<strong>${text(value)}</strong>` : text(value)}</dd>`,
        )
        .join('\n')}\n</dl>`;
    case 'table':
      return tableHtml(block);
    case 'list': {
      const tag = block.numbered ? 'ol' : 'ul';
      return `<${tag}>\n${block.items.map((item) => `<li>${text(item)}</li>`).join('\n')}\n</${tag}>`;
    }
  }
}

/** Columns beyond which a table would be unreadable on a phone. */
const WIDE = 5;

/** Scrolls on a phone; with the keyboard too, since it can be focused. */
function tableHtml({ caption, head, rows, figures, sum }: Extract<Block, { kind: 'table' }>): string {
  const className = (column: number) => (figures.includes(column) ? ' class="n"' : '');
  const lines = rows.map((row, index) => {
    const cells = row.map((cell, column) =>
      column === 0 ? `<th scope="row">${text(cell)}</th>` : `<td${className(column)}>${text(cell)}</td>`,
    );
    return `<tr${sum && index === rows.length - 1 ? ' class="sum"' : ''}>${cells.join('')}</tr>`;
  });
  return `<div class="scroll" role="region" aria-label="${text(caption)}" tabindex="0">
<table${head.length > WIDE ? ' class="wide"' : ''}>
<caption>${text(caption)}</caption>
<thead><tr>${head.map((cell, column) => `<th scope="col"${className(column)}>${text(cell)}</th>`).join('')}</tr></thead>
<tbody>
${lines.join('\n')}
</tbody>
</table>
</div>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const text = (value: string) => value.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);
