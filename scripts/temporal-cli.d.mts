export function findTemporalCli(options: {
  stateDir: string;
  log?: (line: string) => void;
  env?: NodeJS.ProcessEnv;
}): Promise<{ path: string; version: string }>;
