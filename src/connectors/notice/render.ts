import type { Template } from 'liquidjs';
import type { Notice } from '../../domain/notice.js';
import { DRILL_NOTICE, DRILL_SUBJECT } from '../../domain/wording/drill.js';
import { fillTemplate, parseTemplate, type Part } from './liquid.js';
import { htmlOf, plainOf } from './markdown.js';

export interface Rendered {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const parsed = new WeakMap<Notice, Record<Part, Template[]>>();

/**
 * Fills a text with its values and makes both forms of a mail's body. Values are data: nothing in them becomes a mark,
 * a tag or a header.
 * @throws Refusal with file, line and column for a field that the data does not have
 */
export function renderNotice(notice: Notice, data: object, { drill }: { drill: boolean }): Rendered {
  let templates = parsed.get(notice);
  if (!templates) {
    templates = { subject: parseTemplate(notice, 'subject'), body: parseTemplate(notice, 'body') };
    parsed.set(notice, templates);
  }
  const subject = (drill ? DRILL_SUBJECT : '') + fillTemplate(notice, 'subject', templates.subject, data).trim();
  const body = fillTemplate(notice, 'body', templates.body, data);
  const { lang } = notice;
  return {
    subject,
    text: (drill ? `${DRILL_NOTICE}\n\n` : '') + plainOf(body, lang),
    html: page(subject, htmlOf(body, lang), lang, drill),
  };
}

/** Plain enough for every mail program: no pictures, no scripts, nothing fetched, readable in the dark and on a phone. */
function page(subject: string, body: string, lang: Notice['lang'], drill: boolean): string {
  const title = escaped(subject);
  const banner = drill
    ? `<p style="margin:0 0 1.5em;padding:.6em 1em;border:2px solid #b35900;font-weight:bold">${escaped(DRILL_NOTICE)}</p>\n`
    : '';
  return `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
</head>
<body style="margin:0;padding:1.5em;font:16px/1.7 sans-serif;overflow-wrap:anywhere">
<div style="max-width:40em;margin:0 auto">
${banner}${body}</div>
</body>
</html>
`;
}

function escaped(text: string): string {
  const marks: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (mark) => marks[mark]!);
}
