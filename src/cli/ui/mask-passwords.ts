/**
 * Masks passwords in a text that may repeat what somebody typed, such as an address where an option belongs.
 *
 * @param text a sentence, without addresses that are meant to be read with their password
 */
export function withoutPasswords(text: string): string {
  return text.replace(/(\w:\/\/[^\s:@/]*):\S*@/g, '$1:***@').replace(/(password=)[^\s&'"]+/gi, '$1***');
}
