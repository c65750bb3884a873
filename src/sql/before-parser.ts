let prepare = async (): Promise<void> => {};

/**
 * Sets what runs once before the parser is loaded. It is for the command line, which may change the flags of its process.
 *
 * @example
 * ```ts
 * beforeParserLoads(async () => setFlagsFromString('--no-wasm-tier-up'));
 * ```
 */
export function beforeParserLoads(action: () => Promise<void>): void {
  prepare = action;
}

/** Does what {@link beforeParserLoads} set. */
export function prepareForParser(): Promise<void> {
  return prepare();
}
