import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckFinding } from '../../../src/inspect/check/finding.js';

/** The path of a folder of migrations, with a fault or without one. */
export function fixture(kind: 'faults' | 'clean', name: string): string {
  return fileURLToPath(new URL(`${kind}/${name}`, import.meta.url));
}

/** Describes each finding as `rule file:line:column message`. */
export function describeFindings(findings: readonly CheckFinding[]): string[] {
  return findings.map(({ rule, file, line, column, message }) => {
    const location = [basename(file), line, column].filter((part) => part !== null).join(':');
    return `${rule} ${location} ${message}`;
  });
}
