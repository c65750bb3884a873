import { BUILT_IN_NAMES } from './built-in-names.js';

/** The generated types that describe no object: they keep their names. */
const GENERAL_NAMES: ReadonlySet<string> = new Set([
  'RowsByTable',
  'InsertsByTable',
  'UpdatesByTable',
  'RuleName',
]);

/** What a generated type describes. It ends the type's name, except for enums. */
export type TypeKind = 'Enum' | 'Row' | 'Insert' | 'Update' | 'Arguments' | 'Result';

/** An object of the database with the types that are generated for it. */
export interface TypeSubject {
  /** Identifies the object among all subjects. */
  readonly key: string;
  /** The names that identify the object, without quotes: its schema unless it is `public`, its name. */
  readonly names: readonly string[];
  /** The types of its arguments, if another function has the same name. */
  readonly overload?: string | undefined;
  readonly kinds: readonly TypeKind[];
}

/** Finds the name of a type of an object. */
export type TypeNames = (key: string, kind: TypeKind) => string;

/**
 * Names the types that are generated for the objects of a database. Two types never have the same name, and none has the
 * name of a built-in type or of a type that describes no object.
 *
 * A type has its usual name, such as `UserRole` or `CallAttemptsRow`. If that is a built-in name, it has an exact name:
 * `Date$Enum`. If two objects would have the same name, the one in `public` whose name is in lower case, such as `a_b`, has
 * it, and the other one has an exact name: `Audit$Entries$Row`, `A$2d$b$Row` for `"a-b"`. So an object of `public` whose name
 * needs no quotes keeps the names of its types, whatever other objects are added.
 */
export function nameTypes(subjects: readonly TypeSubject[]): TypeNames {
  const claims = new Map<string, number[]>();
  for (const subject of subjects) {
    for (const name of usualNames(subject)) claims.set(name, [...(claims.get(name) ?? []), rank(subject)]);
  }
  const exact = new Set(
    subjects.filter(
      (subject) =>
        usualBase(subject) === '' ||
        usualNames(subject).some((name) => !isGranted(name, rank(subject), claims)),
    ),
  );
  const bases = new Map(
    subjects.map((subject) => [
      subject.key,
      exact.has(subject) ? `${exactBase(subject)}$` : usualBase(subject),
    ]),
  );
  return (key, kind) => {
    const base = bases.get(key) ?? '';
    return kind === 'Enum' && !base.endsWith('$') ? base : base + kind;
  };
}

function isGranted(name: string, own: number, claims: ReadonlyMap<string, readonly number[]>): boolean {
  const others = [...(claims.get(name) ?? [])];
  others.splice(others.indexOf(own), 1);
  return !BUILT_IN_NAMES.has(name) && !GENERAL_NAMES.has(name) && others.every((other) => own < other);
}

/** Of two objects, the one of lower rank has the usual name. Two of rank 2 both have exact names. */
function rank({ names, overload, kinds }: TypeSubject): number {
  const isPlain =
    names.length === 1 && overload === undefined && /^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$/.test(names[0] ?? '');
  if (!isPlain) return 2;
  return kinds.includes('Enum') ? 1 : 0;
}

function usualNames(subject: TypeSubject): string[] {
  const base = usualBase(subject);
  return subject.kinds.map((kind) => (kind === 'Enum' ? base : base + kind));
}

function usualBase({ names, overload }: TypeSubject): string {
  const all = overload === undefined ? names : [...names, 'of', overload.replaceAll('[]', ' array')];
  const words = all
    .join('_')
    .split(/[^\p{ID_Continue}]|_/u)
    .filter((word) => word !== '');
  const base = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return base === '' || /^\p{ID_Start}/u.test(base) ? base : `_${base}`;
}

/** A name from which the names of the object can be read back. */
function exactBase({ names, overload }: TypeSubject): string {
  return (overload === undefined ? names : [...names, 'of', overload]).map(exactWord).join('$');
}

/** A lower-case letter that begins a word becomes upper case. A character that an identifier cannot have becomes `$2d$`. */
function exactWord(name: string): string {
  return name.replaceAll(
    /(?:^|(?!^)_)([a-z])|((?!^)[a-z0-9]|_)|./gsu,
    (character, first?: string, kept?: string) =>
      first?.toUpperCase() ?? kept ?? `$${character.codePointAt(0)?.toString(16)}$`,
  );
}
