/**
 * The library's functions that a remedy may call, each with the options that such a call may give. The database and
 * the folder of migrations are those of the call that failed, so a remedy does not repeat them.
 */
export const REMEDY_CALLS = {
  up: ['to', 'create', 'allowOutOfOrder', 'lose'],
  down: ['to', 'steps'],
  redo: [],
  status: [],
  verify: ['data', 'replay'],
  repair: ['version', 'reason'],
  accept: ['reason', 'objects', 'partitions'],
  baseline: ['version'],
  restore: ['folder', 'replace'],
  newMigration: ['name'],
  seed: [],
  createRoles: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The options that a remedy may name, of the call that failed. */
export const REMEDY_OPTIONS = [
  'url',
  'directory',
  'to',
  'steps',
  'lose',
  'reason',
  'lockWaitMs',
  'statementTimeoutMs',
  'acceptDifferences',
  'asFarAsPossible',
  'here',
  'add',
] as const;

/** A function of the library that a remedy may call. */
export type CallName = keyof typeof REMEDY_CALLS;

/** An option of a function of the library that a remedy may name. */
export type OptionName = (typeof REMEDY_OPTIONS)[number] | (typeof REMEDY_CALLS)[CallName][number];

/** The value of an option in a remedy; text such as `<why>` is a blank for the reader to fill in. */
export type OptionValue = string | number | true | readonly string[];

/** A call of a library function. */
export interface RemedyCall {
  readonly call: CallName;
  readonly options: Readonly<Partial<Record<OptionName, OptionValue>>>;
}

/** An option of the call that failed; without a value, the option as such. */
export interface RemedyOption {
  readonly option: OptionName;
  readonly value?: OptionValue;
}

/** A piece of a remedy: text, a call, or an option. */
export type RemedyPart = string | RemedyCall | RemedyOption;

/** A remedy: plain text, or parts if it names a call or an option. */
export type Remedy = string | readonly RemedyPart[];

/** Renders the parts of a remedy that are not text. */
export interface RemedyRenderer {
  readonly call: (call: RemedyCall) => string;
  readonly option: (option: RemedyOption) => string;
}

/**
 * Makes a remedy from a template whose values are calls, options, numbers, text, or other remedies.
 *
 * @example
 * ```ts
 * remedy`Give ${label} the next free version, or run ${call('up', { allowOutOfOrder: true })}.`;
 * ```
 */
export function remedy(
  texts: TemplateStringsArray,
  ...values: readonly (Remedy | RemedyPart | number)[]
): readonly RemedyPart[] {
  const parts = texts.flatMap((text, index): RemedyPart[] => {
    const value = values[index];
    if (value === undefined) return [text];
    return [text, ...partsOf(typeof value === 'number' ? String(value) : value)];
  });
  return withJoinedTexts(parts);
}

/** Joins remedies with a space between each two. */
export function joinRemedies(...remedies: readonly Remedy[]): readonly RemedyPart[] {
  return withJoinedTexts(remedies.flatMap((one, index) => [index === 0 ? '' : ' ', ...partsOf(one)]));
}

/** Makes a call for a remedy, with the options that matter. */
export function call<Name extends CallName>(
  name: Name,
  options?: Readonly<Partial<Record<(typeof REMEDY_CALLS)[Name][number], OptionValue>>>,
): RemedyCall {
  return { call: name, options: options ?? {} };
}

/** Makes an option for a remedy, with the value to give it or without. */
export function option(name: (typeof REMEDY_OPTIONS)[number], value?: OptionValue): RemedyOption {
  return { option: name, ...(value !== undefined && { value }) };
}

/** Returns the parts of a remedy. */
export function partsOf(remedy: Remedy | RemedyPart): readonly RemedyPart[] {
  return isPart(remedy) ? [remedy] : remedy;
}

/** Renders a remedy as text. */
export function renderRemedy(parts: readonly RemedyPart[], renderer: RemedyRenderer): string {
  const render = (part: RemedyPart): string => {
    if (typeof part === 'string') return part;
    return 'call' in part ? renderer.call(part) : renderer.option(part);
  };
  return parts.map(render).join('');
}

/**
 * Renders a remedy as a program writes it: calls and options of the library, in backquotes.
 *
 * @example
 * ```ts
 * describeRemedy(remedy`Run ${call('down')}, or set ${option('to', '0')}.`); // Run `down()`, or set `to: '0'`.
 * ```
 */
export function describeRemedy(parts: readonly RemedyPart[]): string {
  return renderRemedy(parts, {
    call: ({ call, options }) => `\`${call}(${literalOf(options)})\``,
    option: ({ option, value }) =>
      value === undefined ? `option \`${option}\`` : `\`${option}: ${literal(value)}\``,
  });
}

function literalOf(options: RemedyCall['options']): string {
  const members = Object.entries(options).map(([name, value]) => `${name}: ${literal(value)}`);
  return members.length === 0 ? '' : `{ ${members.join(', ')} }`;
}

function literal(value: OptionValue): string {
  if (typeof value === 'string') return `'${value.replaceAll(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`;
  return typeof value === 'object' ? `[${value.map(literal).join(', ')}]` : String(value);
}

function isPart(remedy: Remedy | RemedyPart): remedy is RemedyPart {
  return typeof remedy === 'string' || 'call' in remedy || 'option' in remedy;
}

/** Joins texts that follow each other, so that between two texts there is a call or an option. */
function withJoinedTexts(parts: readonly RemedyPart[]): readonly RemedyPart[] {
  const joined: RemedyPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part;
    else if (part !== '') joined.push(part);
  }
  return joined;
}
