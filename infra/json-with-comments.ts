/** Reads JSON with comments, as editors write it: comments and trailing commas are replaced by spaces. */

const TOKEN = /"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|,(?=(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*[}\]])/g;

/**
 * Returns the text with spaces in place of comments and of commas before a closing bracket. Every other character keeps
 * its line and column. Never throws, and leaves text that is not JSON for the parser.
 */
export const withoutComments = (text: string): string =>
  text.replaceAll(TOKEN, (token) => (token.startsWith('"') ? token : token.replaceAll(/[^\n]/g, ' ')));
