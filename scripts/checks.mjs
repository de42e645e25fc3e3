import fs from 'node:fs';
import path from 'node:path';

export const NODE_FLOOR = [20, 19];

/** What a full installation takes, with room for the data of a drill: packages 0.9 GB, databases and logs of a drill 0.3 GB. */
export const DISK_FLOOR_BYTES = 2 * 1024 ** 3;

/**
 * @param {string} version as `process.versions.node` has it
 * @returns {{ ja: string, en: string } | undefined} the sentence when this Node is too old
 */
export function nodeProblem(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantMajor, wantMinor] = NODE_FLOOR;
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return undefined;
  const want = `${wantMajor}.${wantMinor}`;
  return {
    en: `Node.js ${version} is too old; install Node.js ${want} or newer (for example "nvm install 20") and run the command again.`,
    ja: `Node.js ${version} は古すぎます。Node.js ${want} 以上をインストールして（例：「nvm install 20」）、もう一度実行してください。`,
  };
}

/** The sentence when files cannot be written in the folder, which is made if it is absent. */
export function folderProblem(folder) {
  const probe = path.join(folder, `.probe-${process.pid}`);
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(probe, '');
    fs.rmSync(probe);
    return undefined;
  } catch (error) {
    return {
      en: `The folder ${folder} cannot be written (${error.code}); give your user the right to write there, or set HIKESHI_STATE_DIR to another folder for data.`,
      ja: `フォルダー ${folder} に書き込めません（${error.code}）。書き込み権限を付けるか、データ用の別のフォルダーを HIKESHI_STATE_DIR で指定してください。`,
    };
  }
}

/** The sentence when the disk of the folder has less than `floor` bytes free. */
export function diskProblem(folder, floor = DISK_FLOOR_BYTES) {
  const { bavail, bsize } = fs.statfsSync(folder);
  const free = Number(bavail) * Number(bsize);
  if (free >= floor) return undefined;
  const gb = (bytes) => (bytes / 1024 ** 3).toFixed(1);
  return {
    en: `Only ${gb(free)} GB are free on the disk of ${folder}, and ${gb(floor)} GB are needed; free some space and run the command again.`,
    ja: `${folder} のディスクの空きが ${gb(free)} GB しかありません（${gb(floor)} GB 必要）。空きを増やしてから、もう一度実行してください。`,
  };
}
