import { runCommandLine } from '../../dist/cli/run.js';

/** The compiled command line in a process that stays: one command after the other, each with an environment of its own. */
class Exit extends Error {
  constructor(code) {
    super(`exit ${code}`);
    this.code = code;
  }
}

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', async ({ env, args }) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  const [out, err] = [[], []];
  const kept = (to) => (chunk, encoding, done) => {
    to.push(Buffer.from(chunk));
    (typeof encoding === 'function' ? encoding : done)?.();
    return true;
  };
  process.stdout.write = kept(out);
  process.stderr.write = kept(err);
  process.exit = (code) => {
    throw new Exit(code ?? 0);
  };
  let code;
  try {
    code = await runCommandLine(args);
  } catch (error) {
    // Usage errors and help end commander's way; anything else as an uncaught error would.
    if (!(error instanceof Exit)) err.push(Buffer.from(String(error?.stack ?? error)));
    code = error instanceof Exit ? error.code : 1;
  }
  process.send({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() });
});
process.send('ready');
