import { create, type Font } from 'fontkit';
import { fontFiles } from './fonts.js';

let fonts: Font[] | undefined;

/** Characters without a shape of their own: line ends, tabs, joiners, direction marks. */
const INVISIBLE = /[\t\n\r\u00ad\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/u;

/** A character that would not show, and where it is. */
export interface MissingGlyph {
  readonly character: string;
  /** `U+1F600`. */
  readonly codePoint: string;
  /** Path in the data, e.g. `groups.0.units.1.name`. */
  readonly where: string;
}

/**
 * The characters of a text that the font cannot show, each once, in order. The typesetter itself drops them silently.
 * Variation selectors are among them: the font shows the basic shape of the character, which may not be the person's.
 */
export function missingGlyphs(text: string): string[] {
  fonts ??= fontFiles().map((file) => create(file) as Font);
  const missing = new Set<string>();
  for (const character of text) {
    const codePoint = character.codePointAt(0)!;
    const printable = codePoint >= 0x20 && codePoint < 0x7f;
    if (printable || missing.has(character) || INVISIBLE.test(character)) continue;
    if (!fonts.every((font) => font.hasGlyphForCodePoint(codePoint))) missing.add(character);
  }
  return [...missing];
}

/** The same for all texts in a JSON value, its keys included. */
export function missingIn(value: unknown, where = ''): MissingGlyph[] {
  if (typeof value === 'string') {
    return missingGlyphs(value).map((character) => ({ character, codePoint: nameOf(character), where }));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = where === '' ? key : `${where}.${key}`;
    return [...missingIn(inner, at), ...(Array.isArray(value) ? [] : missingIn(key, where))];
  });
}

function nameOf(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}
