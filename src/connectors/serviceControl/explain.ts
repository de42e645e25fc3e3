import type { Sentence } from '../../domain/sentence.js';

/** First word of a detail -> its sentence. `rest` is a name or a figure, never a value from outside. */
const SENTENCES: Record<string, (rest: string, detail: string) => Sentence> = {
  HTTP: (rest) => ({
    ja: `外部システムが HTTP ${rest} を返しました。外部システムの担当者に状況を確認してください。`,
    en: `The outside system answered HTTP ${rest}. Ask its owner what happened.`,
  }),
  TIMEOUT: (rest) => ({
    ja: `外部システムが ${rest.replace(/s$/, '')} 秒以内に応答しませんでした。実行されたか分からないため、状態を確認してください。`,
    en: `The outside system did not answer within ${rest.replace(/s$/, '')} s. It may or may not have acted: look at its state.`,
  }),
  ABORTED: () => ({
    ja: '応答を待つ前に処理が中断されました。状態を確認してから、もう一度試してください。',
    en: 'The call was ended before its answer came. Look at the state, then try again.',
  }),
  SECRET_MISSING: (name) => ({
    ja: `秘密情報 ${name} がありません。環境変数 HIKESHI_SECRET_${name} か、ファイルを指す HIKESHI_SECRET_${name}_FILE を設定してください。`,
    en: `The secret ${name} is missing. Set HIKESHI_SECRET_${name}, or HIKESHI_SECRET_${name}_FILE to a file that holds it.`,
  }),
  ENV_MISSING: (name) => ({
    ja: `環境変数 ${name} がありません。設定してワーカーを再起動してください。`,
    en: `The environment variable ${name} is missing. Set it and restart the worker.`,
  }),
  VALUE_MISSING: (name) => ({
    ja: `接続定義が使う「${name}」が対象にありません。プレイブックの対象に加えてください。`,
    en: `The connector uses "${name}", which this target does not have. Add it to the target in the playbook.`,
  }),
  VALUE_UNFIT: (name) => ({
    ja: `「${name}」の値は URL に使えません。プレイブックの対象を直してください。`,
    en: `The value of "${name}" cannot stand in a URL. Correct the target in the playbook.`,
  }),
  HEADER_UNFIT: (name) => ({
    ja: `ヘッダー ${name} の値に使えない文字があります。秘密情報と接続定義を確認してください。`,
    en: `The value of the header ${name} holds a character that is not allowed. Check the secret and the connector.`,
  }),
  URL_UNFIT: () => ({
    ja: '接続定義の baseUrl が http または https の URL になっていません（利用者名とパスワードは書けません）。直してください。',
    en: "The connector's baseUrl is no http or https URL (without user name and password). Correct it.",
  }),
  REQUEST_UNFIT: () => ({
    ja: '接続定義から要求を組み立てられません。接続定義を確認してください。',
    en: 'No request can be made from the connector. Check its document.',
  }),
  STATE_NOT_OFFERED: (state) => ({
    ja: `この接続では ${state} を指示できません。接続定義に加えるか、手作業で行ってください。`,
    en: `This connector cannot order ${state}. Add it to its document, or do it by hand.`,
  }),
  STATE_MISSING: () => ({
    ja: '外部システムの応答に状態がありません。接続定義の read.state を確認してください。',
    en: "The outside system's answer holds no state. Check read.state in the connector.",
  }),
  STATE_NOT_IN_TABLE: () => ({
    ja: '外部システムが、接続定義にない状態を返しました。担当者に意味を確認し、read.values に加えてください。',
    en: 'The outside system reports a state that the connector does not know. Ask its owner, and add it to read.values.',
  }),
  ANSWER_NOT_JSON: () => ({
    ja: '外部システムの応答が JSON ではありません。接続先の URL を確認してください。',
    en: "The outside system's answer is no JSON. Check the connector's URL.",
  }),
  ANSWER_TOO_LARGE: () => ({
    ja: '外部システムの応答が大きすぎます。接続先の URL を確認してください。',
    en: "The outside system's answer is too large. Check the connector's URL.",
  }),
};

/** Makes the `detail` of a result a sentence for people: what is wrong and the way out. */
export function explain(detail: string): Sentence {
  const [word = '', ...rest] = detail.split(' ');
  const known = Object.hasOwn(SENTENCES, word) ? SENTENCES[word] : undefined;
  return (
    known?.(rest.join(' '), detail) ?? {
      ja: `外部システムにつながらないか、接続が切れました（${detail}）。外部システムと通信経路を確認してください。`,
      en: `The outside system cannot be reached, or the connection was cut (${detail}). Check the system and the network.`,
    }
  );
}
