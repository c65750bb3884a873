const PERSONAL = /\s*Personal data\.\s*$/;

/** Whether a comment ends with "Personal data.", which marks a column that holds data of a person. */
export function isPersonal(comment: string | undefined): boolean {
  return comment !== undefined && PERSONAL.test(comment);
}

/** The comment without that mark. */
export function withoutMark(comment: string | undefined): string | undefined {
  return comment?.replace(PERSONAL, '');
}
