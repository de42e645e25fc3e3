#!/usr/bin/env node
import { runCommandLine } from './run.js';

const exitCode = await runCommandLine(process.argv.slice(2));
// A connection that is still being given up must not keep the terminal.
process.exit(exitCode);
