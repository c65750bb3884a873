/**
 * Masks passwords in a text that may repeat what the user typed, such as an address in the place of an option.
 *
 * @param text a sentence; an address in it that should show its password must not go through here
 */
export function maskPasswords(text: string): string {
  return text.replace(/(\w:\/\/[^\s:@/]*):\S*@/g, '$1:***@').replace(/(password=)[^\s&'"]+/gi, '$1***');
}
