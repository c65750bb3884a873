import type { Difference } from '../../catalog/difference.js';
import { RefusedError } from '../../postgres/errors.js';
import { plural } from '../../text/plural.js';

/** The database is not what the migrations make, and nobody has said that it may be. */
export class DifferencesError extends RefusedError {
  readonly differences: readonly Difference[];

  constructor(label: string, found: readonly Difference[], where: string) {
    super(
      'not_the_same',
      `The database is not what ${label} makes: ${plural(found.length, 'difference')}. Nothing was changed.`,
      {
        remedy:
          'Put right by hand what should not be, or name the version that it really is; what may stay as it is, ' +
          `keep in the history with --accept-differences.${where}`,
      },
    );
    this.differences = found;
  }
}
