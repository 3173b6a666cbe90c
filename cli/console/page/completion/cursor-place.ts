/**
 * Finds the place of the cursor in a mapping that is being typed, and so is rarely valid: the path to the object, and
 * whether a name or a value is being typed. Reads YAML in block style and JSON; in YAML also `{ … }` and `[ … ]` on one line.
 */

import type { MappingFormat } from '../../protocol.ts';

/** Step into an element of an array. Its index does not matter to the schema. */
export const ELEMENT = '*';

/** The place of the cursor. */
export interface CursorPlace {
  /** Names of members, and `ELEMENT`. For a value it includes the name of its member. */
  readonly path: readonly string[];
  readonly kind: 'name' | 'value';
  /** Typed part of the name or value, without quotes. */
  readonly prefix: string;
  /** Offset at which that part begins, quotes included. */
  readonly from: number;
}

/** Returns the place of the cursor at an offset. Undefined in a comment, and where neither name nor value can be. */
export const cursorPlace = (text: string, offset: number, format: MappingFormat): CursorPlace | undefined => {
  const before = text.slice(0, offset);
  return format === 'json' ? placeInFlow(before, 0, []) : placeInBlock(before);
};

interface OpenMember {
  readonly indent: number;
  readonly step: string;
}

const MEMBER = /^("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"'{}[\],:][^#:]*?)\s*:(?:\s+|$)/;

const placeInBlock = (before: string): CursorPlace | undefined => {
  const lines = before.split('\n');
  const last = lines.pop() ?? '';
  const open: OpenMember[] = [];
  for (const line of lines) if (/^\s*[^\s#]/.test(line)) openMembers(open, line);
  const rest = openMembers(open, last);
  const from = before.length - rest.length;
  const path = open.map(({ step }) => step);
  if (/(?:^|\s)#/.test(last)) return undefined;
  if (/^[{[]/.test(rest)) return placeInFlow(before, from, path);
  const isValue = MEMBER.test(last.trimStart().replace(/^(?:- +)+/, ''));
  return { path, kind: isValue ? 'value' : 'name', prefix: unquoted(rest), from };
};

/** Adds the members that a line opens, and closes those that it ends. Returns the rest of the line, after them. */
const openMembers = (open: OpenMember[], line: string): string => {
  let rest = line.trimStart();
  let indent = line.length - rest.length;
  for (let dash = /^- +|^-$/.exec(rest); dash !== null; dash = /^- +|^-$/.exec(rest)) {
    close(open, (one) => one.indent > indent || (one.indent === indent && one.step === ELEMENT));
    open.push({ indent, step: ELEMENT });
    rest = rest.slice(dash[0].length);
    indent += dash[0].length;
  }
  close(open, (one) => one.indent >= indent && !(one.indent < indent));
  const [member, name] = MEMBER.exec(rest) ?? [];
  if (member === undefined || name === undefined) return rest;
  open.push({ indent, step: unquoted(name) });
  return rest.slice(member.length);
};

const close = (open: OpenMember[], isClosed: (member: OpenMember) => boolean): void => {
  for (let last = open.at(-1); last !== undefined && isClosed(last); last = open.at(-1)) open.pop();
};

interface Container {
  readonly isObject: boolean;
  /** Name of the member whose value follows. Undefined while a name follows. */
  name: string | undefined;
}

const TOKEN = /"(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$)|[{}[\],:]|[^\s"'{}[\],:][^{}[\],:\n]*/g;

/** Reads braces and brackets from an offset. */
const placeInFlow = (before: string, start: number, outer: readonly string[]): CursorPlace | undefined => {
  const open: Container[] = [];
  let word: { readonly text: string; readonly from: number } | undefined;
  for (const { 0: token, index } of before.slice(start).matchAll(TOKEN)) {
    const container = open.at(-1);
    if (token === '{' || token === '[') open.push({ isObject: token === '{', name: undefined });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',' && container !== undefined) container.name = undefined;
    else if (token === ':' && container?.isObject && word !== undefined) container.name = unquoted(word.text.trim());
    word = /^[{}[\],:]$/.test(token) ? undefined : { text: token, from: start + index };
  }
  const container = open.at(-1);
  if (container === undefined) return undefined;
  const path = [...outer, ...open.slice(0, -1).map(stepOf)];
  const { text, from } = word ?? { text: '', from: before.length };
  const place = { prefix: unquoted(text), from };
  if (!container.isObject) return { path: [...path, ELEMENT], kind: 'value', ...place };
  return container.name === undefined
    ? { path, kind: 'name', ...place }
    : { path: [...path, container.name], kind: 'value', ...place };
};

const stepOf = ({ isObject, name }: Container): string => (isObject ? (name ?? '') : ELEMENT);

const unquoted = (text: string): string => text.replace(/^["']|["']$/g, '');
