import type { Difference } from '../../catalog/difference.js';
import { RefusedError } from '../../postgres/errors/explained-error.js';
import { plural } from '../../text/plural.js';
import { option, remedy } from '../../text/remedy.js';

/** The database differs from the migrations, and the caller has not accepted that. */
export class DifferencesError extends RefusedError {
  readonly differences: readonly Difference[];

  constructor(label: string, differences: readonly Difference[], remark: string) {
    super(
      'not_the_same',
      `The database is not what the migrations to ${label} create: ${plural(differences.length, 'difference')}. Nothing was changed.`,
      {
        remedy: remedy`Correct the database by hand, or name the version that it really has. To adopt it as it is and record the differences in the history, add ${option('acceptDifferences', true)}.${remark}`,
      },
    );
    this.differences = differences;
  }
}
