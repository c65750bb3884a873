import { encodeJson, encodeName, encodeText } from '../../text/encode.js';

/** Writes a comment of the catalog as a docstring on one line; an empty text if the object has no comment. */
export function docstring(comment: string | undefined, indent = ''): string {
  if (comment === undefined || comment === '') return '';
  const line = encodeText(encodeName(comment.replaceAll(/\s*\n\s*/g, ' ')));
  return `${indent}/** ${line.replaceAll('*/', '*\\/')} */\n`;
}

/** Writes a text as a string literal. */
export function literal(text: string): string {
  const escaped = encodeJson(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${escaped}'`;
}

interface MemberOptions {
  readonly comment?: string | undefined;
  readonly isOptional?: boolean;
}

/** Writes an interface of some members. */
export function interfaceOf(name: string, members: readonly string[]): string {
  return `export interface ${name} {\n${members.join('')}}\n`;
}

/** Writes a member of an interface. */
export function member(name: string, type: string, { comment, isOptional }: MemberOptions = {}): string {
  return `${docstring(comment, '  ')}  readonly ${property(name)}${isOptional ? '?' : ''}: ${type};\n`;
}

function property(name: string): string {
  return /^[a-z_$][\w$]*$/i.test(name) ? name : encodeJson(name);
}

/** Adds null to a type, unless the type has it already. */
export function orNull(type: string): string {
  return type === 'unknown' || type === 'void' ? type : `${type} | null`;
}
