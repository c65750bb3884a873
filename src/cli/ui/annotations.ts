import type { CheckFinding } from '../../inspect/check/finding.js';
import { encodeText } from '../../text/encode.js';
import { pathWithin } from './paths.js';

/**
 * The line that makes GitHub Actions show a finding in the file that it is about.
 *
 * @param workspace the folder of the repository, which the paths are relative to
 * @example
 * ```ts
 * annotationOf('error', finding, '/home/runner/work/repo');
 * // ::error file=sql/V2.up.sql,line=3,col=1,title=V2 up-runs::The up fails: …
 * ```
 */
export function annotationOf(level: 'error' | 'notice', finding: CheckFinding, workspace: string): string {
  const { rule, migration, file, line, column, message, remedy } = finding;
  const properties = {
    file: pathWithin(workspace, file),
    ...(line !== null && { line }),
    ...(column !== null && { col: column }),
    title: `${migration} ${rule}`,
  };
  const list = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(`${value}`)}`);
  return `::${level} ${list.join(',')}::${escapeMessage(`${message}\n${remedy}`)}`;
}

function escapeMessage(text: string): string {
  return encodeText(text).replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
