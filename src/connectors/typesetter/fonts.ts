import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * The weights of Noto Sans JP that templates use. They name the family with `fallback: false`: nothing else is ever used.
 */
const FILES = ['400Regular/NotoSansJP_400Regular.ttf', '700Bold/NotoSansJP_700Bold.ttf'] as const;

/** The font files of the weights in use, 5.5 MB each. */
export function fontFiles(): Buffer[] {
  const folder = path.dirname(createRequire(import.meta.url).resolve('@expo-google-fonts/noto-sans-jp/package.json'));
  return FILES.map((file) => readFileSync(path.join(folder, file)));
}
