import MarkdownIt from 'markdown-it';
import type { Language } from '../../domain/sentence.js';

type Reader = InstanceType<typeof MarkdownIt>;
type Token = ReturnType<Reader['parse']>[number];

const readers = new Map<Language, Reader>();

function reader(lang: Language): Reader {
  const known = readers.get(lang);
  if (known) return known;
  const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
  // A line's end inside a Japanese paragraph is no space.
  markdown.renderer.rules['softbreak'] = () => softBreak(lang);
  readers.set(lang, markdown);
  return markdown;
}

function softBreak(lang: Language): string {
  return lang === 'ja' ? '' : '\n';
}

export function htmlOf(source: string, lang: Language): string {
  return reader(lang).render(source);
}

/** The same text without marks, as people read it in a plain mail: lists keep their dashes, links show their address. */
export function plainOf(source: string, lang: Language): string {
  const lines: string[] = [];
  const lists: { ordered: boolean; next: number }[] = [];
  let lead = '';
  let quotes = 0;
  const block = (text: string) => {
    const indent = '> '.repeat(quotes) + '  '.repeat(Math.max(lists.length - 1, 0));
    const [first = '', ...rest] = text.split('\n');
    const hanging = ' '.repeat(lists.length > 0 ? 2 : 0);
    lines.push(`${indent}${lead || hanging}${first}`, ...rest.map((line) => `${indent}${hanging}${line}`));
    lead = '';
  };
  const gap = () => {
    if (lines.length > 0 && lines.at(-1) !== '') lines.push('');
  };
  for (const token of reader(lang).parse(source, {})) {
    switch (token.type) {
      case 'bullet_list_open':
      case 'ordered_list_open':
        lists.push({ ordered: token.type === 'ordered_list_open', next: Number(token.attrGet('start') ?? 1) });
        break;
      case 'bullet_list_close':
      case 'ordered_list_close':
        lists.pop();
        if (lists.length === 0) gap();
        break;
      case 'list_item_open': {
        const list = lists.at(-1)!;
        lead = list.ordered ? `${list.next++}. ` : '- ';
        break;
      }
      case 'blockquote_open':
        quotes++;
        break;
      case 'blockquote_close':
        quotes--;
        break;
      case 'inline':
        block(inlineOf(token.children ?? [], lang));
        break;
      case 'heading_close':
      case 'paragraph_close':
        // The items of a list stand close together.
        if (lists.length === 0) gap();
        break;
      case 'fence':
      case 'code_block':
        block(token.content.trimEnd());
        gap();
        break;
      case 'hr':
        block('----');
        gap();
        break;
      default:
    }
  }
  return `${lines.join('\n').trim()}\n`;
}

function inlineOf(tokens: readonly Token[], lang: Language): string {
  let text = '';
  let link: { href: string; from: number } | undefined;
  for (const token of tokens) {
    switch (token.type) {
      case 'softbreak':
        text += lang === 'ja' ? '' : ' ';
        break;
      case 'hardbreak':
        text += '\n';
        break;
      case 'link_open':
        link = { href: String(token.attrGet('href') ?? ''), from: text.length };
        break;
      case 'link_close':
        if (link && !sameLink(text.slice(link.from), link.href)) text += ` <${link.href}>`;
        link = undefined;
        break;
      default:
        text += token.content;
    }
  }
  return text;
}

function sameLink(label: string, href: string): boolean {
  return label === href || `mailto:${label}` === href;
}
