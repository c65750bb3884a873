import type { Difference } from '../../catalog/difference.js';
import { RefusedError } from '../../postgres/errors.js';
import { plural } from '../../text/plural.js';
import { option, remedy } from '../../text/remedy.js';

/** The database is not what the migrations make, and nobody has said that it may be. */
export class DifferencesError extends RefusedError {
  readonly differences: readonly Difference[];

  constructor(label: string, found: readonly Difference[], where: string) {
    super(
      'not_the_same',
      `The database is not what ${label} makes: ${plural(found.length, 'difference')}. Nothing was changed.`,
      {
        remedy: remedy`Correct by hand what is wrong, or name the version that the database really has. To adopt it as it is and record the differences in the history, add ${option('acceptDifferences', true)}.${where}`,
      },
    );
    this.differences = found;
  }
}
