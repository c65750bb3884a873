import type { Finding } from '../../inspect/finding.js';
import { pathIn } from './paths.js';

/**
 * The line that makes GitHub Actions show a finding at its place in a pull request.
 *
 * @param workspace the folder of the repository, which paths are told from
 * @example
 * ```ts
 * annotationOf('error', finding, '/home/runner/work/repo');
 * // ::error file=sql/V2.up.sql,line=3,col=1,title=V2 up-runs::The up fails: …
 * ```
 */
export function annotationOf(level: 'error' | 'notice', finding: Finding, workspace: string): string {
  const { rule, migration, file, line, column, message, remedy } = finding;
  const properties = {
    file: pathIn(workspace, file),
    ...(line !== null && { line }),
    ...(column !== null && { col: column }),
    title: `${migration} ${rule}`,
  };
  const written = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(`${value}`)}`);
  return `::${level} ${written.join(',')}::${escapeMessage(`${message}\n${remedy}`)}`;
}

function escapeMessage(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
