/** The path `/debug/ctrl`, which turns writes off. */

import { bytesOf, quote } from './byte-text.ts';
import { errorReply, type Reply } from './reply.ts';
import type { Switches } from './write-endpoint.ts';

const refuse = (reason: string): Reply => errorReply(400, bytesOf(`sysctrl execute error: ${reason}`));

const SPELLINGS = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
]);

/**
 * Handles `POST /debug/ctrl?mod=disablewrite|readonly&switchon=true|false`: the two switches of the real server that
 * stop writes.
 */
export const handleCtrl = (switches: Switches, params: URLSearchParams): Reply => {
  const mod = params.get('mod') ?? '';
  if (mod === '') return errorReply(400, 'invalid mod');
  if (mod === 'flush') return { status: 200, body: '{\n\t\n\tsuccess\n}\n' }; // There is nothing to flush.
  if (mod !== 'disablewrite' && mod !== 'readonly') return refuse(`unknown sysctrl mod: ${mod}`);
  const word = params.get('switchon');
  if (word === null) return refuse('no parameter found');
  const isOn = SPELLINGS.get(word);
  if (isOn === undefined) return refuse(`strconv.ParseBool: parsing ${quote(bytesOf(word))}: invalid syntax`);
  if (mod === 'disablewrite') switches.disableWrite = isOn;
  else switches.readonly = isOn;
  return { status: 200, body: '{\n\t\n\tsuccess\n}\n' };
};
