/** Decodes base64 strictly, in the standard and in the URL alphabet. `Buffer.from` skips characters silently. */

// The whitespace that line breaks of PEM and MIME put into long texts is allowed.
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Returns the bytes of a text in base64, with or without padding; `undefined` for other texts. */
export const base64Bytes = (given: string): Buffer | undefined => {
  const text = /\s/.test(given) ? given.replace(/\s+/g, '') : given;
  if (text === '' || !BASE64.test(text)) return undefined;
  const digits = text.endsWith('=') ? text.replace(/=+$/, '').length : text.length;
  // One digit more than a multiple of four has only 6 bits, and padding completes a group of four.
  if (digits % 4 === 1 || (digits !== text.length && text.length % 4 !== 0)) return undefined;
  return Buffer.from(text, 'base64');
};
