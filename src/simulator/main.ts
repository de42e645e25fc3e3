import type { AddressInfo } from 'node:net';

import { z } from 'zod';

import { readPorts } from '../config.js';
import { bilingual } from '../domain/sentence.js';
import { exitWithParent } from '../stack/exitWithParent.js';
import { channelSystem, FunctionSchema, SIMULATOR_TOKEN } from './channelSystem.js';
import { mailSink } from './mailSink.js';
import { Misbehaviour } from './misbehaviour.js';

const HOST = '127.0.0.1';

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const ports = readPorts(env);
  const functions = z.array(FunctionSchema).parse(JSON.parse(env['HIKESHI_SIM_FUNCTIONS'] ?? '[]'));
  const misbehaviour = new Misbehaviour();
  const mail = await mailSink(Number(env['HIKESHI_SIM_SMTP_PORT'] ?? ports.smtp), misbehaviour);
  const { app, bank } = channelSystem({
    stateFile: env['HIKESHI_SIM_STATE'],
    lazy: env['HIKESHI_SIM_LAZY'] === '1',
    token: env['HIKESHI_SIM_TOKEN'] ?? SIMULATOR_TOKEN,
    misbehaviour,
    mail,
  });
  for (const { code, limitYen, queued } of functions) bank.add(code, limitYen, queued);
  // A container's network is not its loopback; `/sim` stays on the loopback in any case.
  const host = env['HIKESHI_SIM_HOST'] ?? HOST;
  await app.listen({ host, port: Number(env['HIKESHI_SIM_PORT'] ?? ports.channelSystem) });

  const stop = () => void Promise.all([app.close(), mail.close()]).finally(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  exitWithParent(env);
  const { port } = app.server.address() as AddressInfo;
  const ready = { ready: true, url: `http://${HOST}:${port}`, smtp: `smtp://${HOST}:${mail.port}` };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

main(process.env).catch((error: unknown) => {
  const code = String((error as { code?: unknown }).code ?? (error instanceof Error ? error.name : error));
  const taken = code === 'EADDRINUSE';
  process.stderr.write(
    `${bilingual({
      en: taken
        ? 'A port of the simulator is taken: choose others with HIKESHI_SIM_PORT and HIKESHI_SIM_SMTP_PORT (0 = any).'
        : `The simulator cannot start (${code}). Check the variables HIKESHI_SIM_*.`,
      ja: taken
        ? 'シミュレーターのポートが使用中です。HIKESHI_SIM_PORT と HIKESHI_SIM_SMTP_PORT で別のポート（0 は自動）を指定してください。'
        : `シミュレーターを起動できません（${code}）。環境変数 HIKESHI_SIM_* を確認してください。`,
    })}\n`,
  );
  process.exit(1);
});
