import { omitPublic, splitFullName } from '../../../catalog/names.js';
import { type NamedObject, textOf } from '../../../catalog/objects.js';
import { type Argument, argumentsOf } from './arguments.js';
import { isPersonal, withoutMark } from './personal.js';
import { type Prose, parseProse } from './prose.js';

/** A function, procedure or aggregate as the documentation describes it. */
export interface FunctionModel {
  readonly kind: string;
  readonly fullName: string;
  /** As SQL writes it, without the schema `public` and the types of the arguments. */
  readonly name: string;
  /** In parentheses. */
  readonly argumentTypes: string;
  /** Its comment, without the mark of personal data. */
  readonly meaning: Prose;
  /** Whether its result holds data of a person. */
  readonly isPersonal: boolean;
  readonly arguments: readonly ArgumentModel[];
  /** What it returns, as the catalog has it; undefined for a procedure. */
  readonly result: string | undefined;
  /** Whether it returns rows and not one value or row. */
  readonly returnsSet: boolean;
  /** The columns of the result; empty if it returns a value. */
  readonly outputs: readonly ArgumentModel[];
  /** Whether it runs with the rights of its owner. */
  readonly runsAsOwner: boolean;
}

/** An argument, or a column of the result. */
export interface ArgumentModel {
  /** Empty if it has none. */
  readonly name: string;
  /** As the catalog has it. */
  readonly fullType: string;
  readonly isVariadic: boolean;
  readonly default: string | undefined;
}

/** Describes a function from its facts. */
export function functionModel({ kind, fullName, facts }: NamedObject): FunctionModel {
  const { argumentTypes = '' } = splitFullName(fullName);
  const all = argumentsOf(facts.arguments);
  const comment = textOf(facts.comment);
  return {
    kind,
    fullName,
    name: omitPublic(fullName.slice(0, fullName.length - argumentTypes.length)),
    argumentTypes: omitPublic(argumentTypes),
    meaning: parseProse(withoutMark(comment)),
    isPersonal: isPersonal(comment),
    arguments: all.filter(({ mode }) => mode !== 'out' && mode !== 'table').map(argumentModel),
    result: textOf(facts.result),
    returnsSet: facts['returns a set'] === true,
    outputs: all.filter(({ mode }) => mode !== 'in' && mode !== 'variadic').map(argumentModel),
    runsAsOwner: facts['security definer'] === true,
  };
}

function argumentModel({ name = '', type, mode, default: byDefault }: Argument): ArgumentModel {
  return {
    name,
    fullType: type,
    isVariadic: mode === 'variadic',
    default: byDefault === undefined ? undefined : omitPublic(byDefault),
  };
}
