/** Loaded with `node --import` into every process of the stack, so that no entry point can forget it. */
import { exitWithParent } from './exitWithParent.js';

exitWithParent();
