interface Sentence {
  ja: string;
  en: string;
}
export function nodeProblem(version: string): Sentence | undefined;
export function folderProblem(folder: string): Sentence | undefined;
export function diskProblem(folder: string, floor?: number): Sentence | undefined;
