import { localText, type Instant, type Zone } from '../domain/instant.js';
import type { Sentence } from '../domain/sentence.js';
import type { HandCall, HandStop } from './manualStop.js';
import type { Page } from './output.js';

export interface Sheet {
  readonly why: Sentence;
  readonly workflowId: string;
  readonly at: Instant;
  readonly zone: Zone;
  readonly playbook: { readonly version: string; readonly source: 'register' | 'folder' };
  readonly stops: readonly HandStop[];
  /** To be run once Temporal is back: records what was done, and takes over. */
  readonly recordWith: string;
  /** Temporal took the start already: it must not be sent again. */
  readonly started: boolean;
}

/** The sheet by which a person stops the targets when we cannot: plain steps, no colours needed, fit for printing. */
export function showSheet(page: Page, sheet: Sheet): void {
  const { stops } = sheet;
  page.heading(
    page.t({ en: 'STOP BY HAND: nothing is stopped yet', ja: '手作業での停止手順（まだ何も止まっていません）' }),
    'red',
  );
  page.text(page.t(sheet.why));
  page.raw(
    `${sheet.workflowId}   ${localText(sheet.at, sheet.zone)}   ${page.t(
      sheet.playbook.source === 'register'
        ? { en: `playbook ${sheet.playbook.version}`, ja: `プレイブック ${sheet.playbook.version}` }
        : {
            en: `playbook ${sheet.playbook.version}, read from its folder`,
            ja: `プレイブック ${sheet.playbook.version}（フォルダーから読み込み）`,
          },
    )}`,
  );
  stops.forEach((stop, index) => {
    page.heading(`${index + 1}/${stops.length}  ${stop.target}   ${page.t(stop.name)}`);
    page.raw(
      `  ${page.t({ en: 'through', ja: '接続' })}: ${stop.connector}${stop.address ? `   ${stop.address}` : ''}`,
    );
    if (stop.instruction) page.text(page.t(stop.instruction), 2);
    if (stop.call) showCall(page, { en: 'a. Send', ja: 'a. 送信' }, stop.call, true);
    if (stop.check) {
      showCall(page, { en: 'b. Look', ja: 'b. 確認' }, stop.check);
      page.raw(
        `     ${page.t({ en: `${stop.check.pointer || 'The answer'} must be`, ja: `${stop.check.pointer || '応答'} が次の値であること:` })} ${page.paint(stop.check.expect, 'bold')}`,
      );
    }
    if (stop.checkInstruction) page.text(page.t(stop.checkInstruction), 2);
    if (stop.probe) showCall(page, { en: 'c. Test (must be refused)', ja: 'c. 試行（拒否されること）' }, stop.probe);
    page.raw(
      page.t({
        en: '  Done by ______________________   at ____:____   seen by ______________________',
        ja: '  実施者 ______________________   時刻 ____:____   確認者 ______________________',
      }),
    );
  });
  const secrets = [
    ...new Set(
      stops.flatMap(({ call }) =>
        [...(call?.curl.matchAll(/\$(HIKESHI_[A-Z0-9_]+)/g) ?? [])].map((match) => match[1]!),
      ),
    ),
  ];
  if (secrets.length > 0) {
    page.raw();
    page.text(
      page.t({
        en: `Set these in your shell first; their values are with the owner of the system: ${secrets.join(', ')}.`,
        ja: `先にシェルで次の変数を設定してください（値はシステムの担当者が管理しています）: ${secrets.join('、')}。`,
      }),
    );
  }
  page.heading(page.t({ en: 'AFTERWARDS: record it', ja: '実施後: 必ず記録する' }));
  if (sheet.started) {
    page.text(
      page.t({
        en: `Temporal holds the stop ${sheet.workflowId} and goes on with it by itself. Do not start it again; look at it with:`,
        ja: `停止 ${sheet.workflowId} は Temporal が受け付け済みで、自動的に続行されます。再度開始せず、次のコマンドで確認してください:`,
      }),
    );
  } else {
    page.text(
      page.t({
        en: 'As soon as "hikeshi status" shows Temporal up, run this very command. It records the stop, reads it back and takes over; that it is stopped already does no harm:',
        ja: 'hikeshi status で Temporal が稼働したら、必ず次のコマンドを実行してください。停止を記録・確認し、以後の管理を引き継ぎます（既に停止済みでも問題ありません）:',
      }),
    );
  }
  page.code(sheet.recordWith);
}

/** The parts are spelt out for a call that is made with another tool than the shell's. */
function showCall(page: Page, what: Sentence, call: HandCall, withParts = false): void {
  page.raw(`  ${page.t(what)}: ${page.paint(`${call.method} ${call.url}`, 'bold')}`);
  if (withParts) {
    for (const [name, value] of Object.entries(call.headers)) page.raw(`       ${name}: ${value}`);
    if (call.body !== undefined) page.raw(`       ${JSON.stringify(call.body)}`);
  }
  page.code(call.curl, 5);
}
