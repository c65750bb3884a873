import { createFileError } from './location.js';
import { changeOf, isChangedInText, type Setting, type SettingChange } from './setting-changes.js';
import type { SourceFile } from './source-file.js';
import type { Statement } from './statements.js';

/** The settings with which the server reads the text of a query, and the values that fit what the engine sends. */
const TEXT_SETTINGS: readonly (readonly [Setting, RegExp])[] = [
  ['client_encoding', /^(?:utf[-_ ]?8|unicode)$/i],
  ['standard_conforming_strings', /^(?:on|t|tr|tru|true|y|ye|yes|1)$/i],
];

/**
 * Refuses settings with which the server would read a text in another way than this package wrote it. The server reads a query
 * as a whole, and several statements are one query, so one file would be read in two ways, and the history would get
 * another text than that of the file.
 *
 * @throws MigrationFileError `text_setting`
 */
export function refuseTextSetting(source: SourceFile, statement: Statement): void {
  for (const [setting, allowed] of TEXT_SETTINGS) {
    const change = changeOf(setting, statement);
    const isOther = change?.values?.some((value) => !allowed.test(value)) ?? false;
    if (!isOther && !setsNumber(statement, change) && !isChangedInText(setting, statement)) continue;
    throw createFileError(
      source,
      statement.offset,
      'text_setting',
      `this statement sets ${setting}, with which the server would read the rest of the file in another way`,
      {
        remedy:
          setting === 'client_encoding'
            ? 'Remove the statement. Every file is sent in UTF-8, whatever the encoding of the database is; save the file in UTF-8.'
            : "Remove the statement. Write a string with backslash escapes as E'…'.",
      },
    );
  }
}

/** Checks for a `set` whose value is no word, such as 0 for off. */
function setsNumber({ node }: Statement, change: SettingChange | null): boolean {
  return (
    change?.values === null && 'VariableSetStmt' in node && node.VariableSetStmt.kind === 'VAR_SET_VALUE'
  );
}
