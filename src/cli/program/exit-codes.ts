/** What exit code 3 of a command means; a command that is not listed has none. */
const FINDINGS: Readonly<Record<string, string>> = {
  status: 'something is not applied, changed or drifted, or the state is unknown',
  verify: 'found something, or the state is unknown',
  check: 'found a fault',
  rehearse: 'a rule was broken',
  import: 'with --dry-run, lines would be rejected',
};

/** The commands that may refuse to work without a flag. */
const REFUSING = new Set(['up', 'down', 'redo', 'baseline', 'seed', 'rehearse', 'reset']);

/** The exit codes of a command, for its help. */
export function exitCodesText(command: string): string {
  const findings = FINDINGS[command];
  return [
    '\nExit codes:',
    '  0  done',
    '  1  failed',
    '  2  usage error',
    ...(findings === undefined ? [] : [`  3  ${findings}`]),
    ...(REFUSING.has(command) ? ['  4  refused; needs a flag'] : []),
    '',
  ].join('\n');
}
