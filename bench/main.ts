import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpus } from 'node:os';
import { inspection } from './inspection.js';
import { suspend } from './suspend.js';

const BENCHES: Record<string, () => Promise<Record<string, unknown>>> = { suspend, inspection };

/** `npm run bench -- NAME`: writes docs/bench/NAME.json and prints it. */
const name = process.argv[2] ?? '';
const bench = BENCHES[name];
if (!bench) {
  process.stderr.write(`Name a measurement: ${Object.keys(BENCHES).join(', ')}. Example: npm run bench -- suspend\n`);
  process.exit(1);
}
const figures = { bench: name, node: process.version, cores: cpus().length, ...(await bench()) };
const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../docs/bench');
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(figures, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
