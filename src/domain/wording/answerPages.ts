import type { Language, Sentence } from '../sentence.js';

/** What the answer pages say to a provider. */
const WORDS = {
  title: { en: 'Inspection questions', ja: '点検の質問' },
  from: { en: 'Inspection', ja: '点検' },
  otherLanguage: { en: '日本語で表示', ja: 'Show in English' },
  due: { en: 'Please answer by', ja: '回答期限' },
  closed: {
    en: 'This inspection is closed. You can still send answers: they are kept and marked as late.',
    ja: 'この点検の受付は終了しています。回答は送信できますが、「期限後」として記録します。',
  },
  ask: { en: 'Questions about this page:', ja: 'このページについての問い合わせ先：' },
  askSender: {
    en: 'the person at the bank who sent you the link',
    ja: 'リンクをお送りした銀行の担当者',
  },
  genuine: {
    en: 'This page never asks for a password or a PIN. If you doubt that it is genuine, call the bank at the number that you know from your contract, not one from a mail or from this page.',
    ja: 'このページでパスワードや暗証番号をお尋ねすることはありません。本物かどうか不安な場合は、銀行へお電話でご確認ください。電話番号は、メールやこのページではなく、契約書類などで確かめてください。',
  },
  intro: {
    en: 'Answer each item and save as often as you like. Nothing is sent to the bank until you press “Submit” on the next page.',
    ja: '項目ごとに回答してください。途中で何度でも保存できます。次の画面で「送信する」を押すまで、銀行には送られません。',
  },
  moreQuestions: {
    en: 'Saving may show further questions that depend on your answers.',
    ja: '保存すると、回答に応じて質問が追加されることがあります。',
  },
  sheetTitle: { en: 'Prefer a spreadsheet?', ja: '表計算ソフトで回答する場合' },
  sheetText: {
    en: 'Download the questions, fill in the columns “Answer”, “Explanation” and “Done by”, and upload the file here. You see everything before it is sent. Attach files on this page, or name them in “Files to attach” and choose them beside the sheet.',
    ja: '質問票をダウンロードし、「回答」「説明」「完了予定日」の列に記入して、ここにアップロードしてください。送信前に内容を確認できます。資料はこのページで添付するか、「添付するファイル」の列に名前を記入し、質問票と一緒に選んでください。',
  },
  sheetXlsx: { en: 'Download as Excel (XLSX)', ja: 'Excel（XLSX）でダウンロード' },
  sheetCsv: { en: 'Download as CSV', ja: 'CSV でダウンロード' },
  sheetFile: { en: 'Filled spreadsheet (XLSX or CSV)', ja: '記入した質問票（XLSX または CSV）' },
  sheetBeside: {
    en: 'Files that the sheet names, if any',
    ja: '質問票に名前を記入したファイル（ある場合）',
  },
  sheetUpload: { en: 'Upload the spreadsheet', ja: '質問票をアップロード' },
  mandatory: { en: 'Required', ja: '必須' },
  advanced: { en: 'Advanced', ja: '高度化' },
  asksAgain: { en: 'The bank asks:', ja: '銀行からの質問：' },
  comma: { en: ', ', ja: '、' },
  evidenceAsked: { en: 'Evidence asked:', ja: '求める資料：' },
  thread: { en: 'Earlier messages on this item', ja: 'この項目のこれまでのやり取り' },
  bank: { en: 'Bank', ja: '銀行' },
  provider: { en: 'You', ja: '貴社' },
  claim: { en: 'Your answer', ja: '回答' },
  text: { en: 'Explanation', ja: '説明' },
  textHint: {
    en: 'Needed for “Partly implemented”, “Not applicable” and “We object”.',
    ja: '「一部実施」「該当なし」「異議あり」の場合は必ず記入してください。',
  },
  dueBy: { en: 'Done by', ja: '完了予定日' },
  dueByHint: {
    en: 'If something is still to be done. Example: 2020-12-15',
    ja: '未完了の対応がある場合。例：2020-12-15',
  },
  files: { en: 'Attached files', ja: '添付ファイル' },
  addFiles: { en: 'Attach files', ja: 'ファイルを添付' },
  filesHint: {
    en: 'PDF, PNG, JPEG, XLSX, DOCX, CSV or TXT, up to 10 MB each.',
    ja: 'PDF・PNG・JPEG・XLSX・DOCX・CSV・TXT、1 ファイル 10 MB まで。',
  },
  remove: { en: 'Remove', ja: '取り除く' },
  removeFile: { en: 'Remove this file:', ja: 'このファイルを取り除く：' },
  submittedItem: { en: 'Submitted', ja: '送信済み' },
  draftItem: { en: 'Draft, not submitted', ja: '下書き（未送信）' },
  save: { en: 'Save draft', ja: '下書きを保存' },
  check: { en: 'Check and submit', ja: '確認画面へ進む' },
  saved: { en: 'Your draft is saved. It is not submitted yet.', ja: '下書きを保存しました。まだ送信していません。' },
  imported: {
    en: 'The spreadsheet is read. Check the answers below, then submit them.',
    ja: '質問票を読み込みました。内容を確認してから送信してください。',
  },
  newQuestions: {
    en: 'Your answers have led to further questions. Please answer the ones marked “New”.',
    ja: '回答に応じて質問が追加されました。「新しい質問」と表示された項目に回答してください。',
  },
  newQuestion: { en: 'New', ja: '新しい質問' },
  errorTitle: { en: 'Please look at these points', ja: '次の点を確認してください' },
  errorPrefix: { en: 'Error: ', ja: 'エラー：' },
  conflict: {
    en: 'Somebody else saved another answer to this item while you were writing. Both are kept. Choose which one is right.',
    ja: '入力中に、ほかの方がこの項目に別の回答を保存しました。両方を保存しています。正しい方を選んでください。',
  },
  conflictLegend: { en: 'Which answer is right?', ja: 'どちらの回答が正しいですか' },
  conflictThis: { en: 'The one in the fields of this item below', ja: '下の入力欄にある回答' },
  conflictOther: { en: 'The other one, saved at', ja: 'もう一方の回答（保存日時：' },
  conflictOtherEnd: { en: ':', ja: '）' },
  checkTitle: { en: 'Check your answers', ja: '回答の確認' },
  checkIntro: {
    en: 'Nothing is sent yet. Check the answers, then press “Submit”.',
    ja: 'まだ送信していません。内容を確認して「送信する」を押してください。',
  },
  checkNothing: {
    en: 'There is no new answer to submit. Go back and answer an item first.',
    ja: '送信する新しい回答がありません。戻って項目に回答してください。',
  },
  checkChanged: {
    en: 'Somebody changed the answers since you opened this page. Check them again.',
    ja: 'この画面を開いた後で、回答が変更されました。もう一度確認してください。',
  },
  unanswered: { en: 'Items without an answer', ja: 'まだ回答のない項目' },
  unansweredText: {
    en: 'You can submit now and answer these later.',
    ja: 'このまま送信し、これらの項目には後で回答することもできます。',
  },
  noText: { en: '(no explanation)', ja: '（説明なし）' },
  submit: { en: 'Submit', ja: '送信する' },
  back: { en: 'Back to the questions', ja: '質問に戻る' },
  receiptTitle: { en: 'Your answers have arrived', ja: '回答を受け付けました' },
  receiptNumber: { en: 'Receipt number', ja: '受付番号' },
  receiptTime: { en: 'Received', ja: '受付日時' },
  receiptBy: { en: 'Contact', ja: 'ご担当' },
  receiptItems: { en: 'Items answered', ja: '回答した項目数' },
  receiptLate: {
    en: 'Received after the inspection closed: kept, and marked as late.',
    ja: '受付終了後に届いたため、「期限後」として記録しました。',
  },
  receiptKeep: { en: 'Keep this receipt', ja: '受付票（保存してください）' },
  receiptSave: { en: 'Save the receipt as a text file', ja: '受付票をテキストファイルで保存' },
  receiptsTitle: { en: 'Submitted so far', ja: 'これまでの送信' },
  receiptHash: { en: 'Checksum (SHA-256)', ja: '照合値（SHA-256）' },
  afterReceipt: {
    en: 'If the bank has a question, it asks by the same e-mail address. Until the inspection closes you can change your answers and submit again.',
    ja: '銀行から質問がある場合は、同じメールアドレスにご連絡します。受付終了までは、回答を変更して再送信できます。',
  },
  sheetErrors: {
    en: 'The spreadsheet has mistakes. Nothing was taken over. Correct these cells and upload it again.',
    ja: '質問票に誤りがあります。何も取り込んでいません。次のセルを直して、もう一度アップロードしてください。',
  },
  sheetUnread: {
    en: 'The spreadsheet cannot be read. Nothing was taken over.',
    ja: '質問票を読み込めません。何も取り込んでいません。',
  },
  row: { en: 'Row', ja: '行' },
  column: { en: 'Column', ja: '列' },
  problem: { en: 'What to correct', ja: '直す内容' },
  messageTitle: { en: 'This page cannot be shown', ja: 'このページは表示できません' },
} as const satisfies Record<string, Sentence>;

export type PageWords = Readonly<Record<keyof typeof WORDS, string>>;

/** The pages' words in one language. */
export function pageWords(lang: Language): PageWords {
  return Object.fromEntries(Object.entries(WORDS).map(([key, sentence]) => [key, sentence[lang]])) as PageWords;
}

/** Why a page cannot be shown, and the way out. */
export const LINK_REFUSALS = {
  unknown: {
    en: 'This link is not right. Open the link from the e-mail again, complete and unchanged, or ask the bank for a new one.',
    ja: 'リンクが正しくありません。メールのリンクをそのまま開き直すか、銀行に新しいリンクを依頼してください。',
  },
  expired: {
    en: 'This link has expired. Ask for a new one:',
    ja: 'このリンクは有効期限が切れています。新しいリンクを依頼してください：',
  },
  revoked: {
    en: 'This link is no longer valid. If you still have to answer, ask for a new one:',
    ja: 'このリンクは無効になりました。引き続き回答が必要な場合は、新しいリンクを依頼してください：',
  },
  nothingAsked: {
    en: 'There are no questions behind this link yet. Try again later, or ask:',
    ja: 'このリンクにはまだ質問がありません。時間をおいて開き直すか、次にお問い合わせください：',
  },
  tooMany: {
    en: 'Too many requests came from you within a minute. Wait a minute and try again.',
    ja: '短い時間に多くのアクセスがありました。1 分ほど待ってから、もう一度お試しください。',
  },
  crossSite: {
    en: 'The form was sent from another web site. Open the link from the e-mail and answer there.',
    ja: '別のサイトから送信されました。メールのリンクを開いて回答してください。',
  },
  tooLarge: {
    en: 'You sent more than 64 MB at once. Go back and attach fewer or smaller files; each may have 10 MB.',
    ja: '一度に 64 MB を超えるデータが送信されました。前の画面に戻り、添付ファイルを減らすか小さくしてください（1 ファイル 10 MB まで）。',
  },
  broken: {
    en: 'What was sent did not arrive whole. Go back and send it again.',
    ja: '送信内容が正しく届きませんでした。前の画面に戻って、もう一度送信してください。',
  },
  down: {
    en: 'The page cannot be used for the moment. Your last saved draft is kept. Go back and try again in a few minutes.',
    ja: 'ただいまご利用いただけません。保存済みの下書きは残っています。数分後に前の画面に戻って、もう一度お試しください。',
  },
  noSuchFile: {
    en: 'There is no such page or file for you. Go back to the questions.',
    ja: 'このページまたはファイルはありません。質問のページに戻ってください。',
  },
} as const satisfies Record<string, Sentence>;

/** Why a file was not taken. */
export const FILE_REFUSALS = {
  empty: (name: string): Sentence => ({
    en: `The file “${name}” is empty. Attach the file with its content.`,
    ja: `ファイル「${name}」は空です。内容のあるファイルを添付してください。`,
  }),
  tooLarge: (name: string): Sentence => ({
    en: `The file “${name}” is larger than 10 MB. Make it smaller or split it.`,
    ja: `ファイル「${name}」が 10 MB を超えています。小さくするか、分割してください。`,
  }),
  kind: (name: string): Sentence => ({
    en: `The file “${name}” is of a kind that is not taken. Attach a PDF, PNG, JPEG, XLSX, DOCX, CSV or TXT file.`,
    ja: `ファイル「${name}」の種類は添付できません。PDF・PNG・JPEG・XLSX・DOCX・CSV・TXT のいずれかにしてください。`,
  }),
  content: (name: string): Sentence => ({
    en: `The content of “${name}” is not what its name says. Save it again in the right format and attach that.`,
    ja: `ファイル「${name}」の中身が拡張子と一致しません。正しい形式で保存し直して添付してください。`,
  }),
  macros: (name: string): Sentence => ({
    en: `The file “${name}” holds macros. Save it without macros, or as PDF.`,
    ja: `ファイル「${name}」にはマクロが含まれています。マクロなしの形式か PDF で保存し直してください。`,
  }),
  largeUpload: {
    en: 'The file is larger than 10 MB. Make it smaller or split it.',
    ja: 'ファイルが 10 MB を超えています。小さくするか、分割してください。',
  },
  tooMany: {
    en: 'More than 40 files were attached at once. Save in several steps.',
    ja: '一度に 40 個を超えるファイルが添付されました。何回かに分けて保存してください。',
  },
};
