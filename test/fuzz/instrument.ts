/**
 * Instruments source files as they are loaded: each branch increments a counter. No package for coverage-guided fuzzing
 * runs on the sources as they are, see docs/testing.md.
 */

import { registerHooks } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { HITS, nextBranch } from './coverage.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Longest literal that becomes a word of the dictionary. */
const WORD_LENGTH_MAX = 60;

/** A text to insert into a source file. */
interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** Source text with counters, and the literals and member names in it. */
export interface Instrumented {
  readonly source: string;
  readonly words: readonly string[];
}

const LAZY: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken,
]);

/** Returns the expressions and statements below a node that may or may not be executed with it. */
const conditionalParts = (node: ts.Node): readonly ts.Node[] => {
  if (ts.isArrowFunction(node)) return ts.isBlock(node.body) ? [] : [node.body];
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse];
  if (ts.isBinaryExpression(node)) return LAZY.has(node.operatorToken.kind) ? [node.right] : [];
  if (ts.isIfStatement(node))
    return [node.thenStatement, ...(node.elseStatement === undefined ? [] : [node.elseStatement])];
  return ts.isIterationStatement(node, false) ? [node.statement] : [];
};

/** Inserts a counter into every branch of a TypeScript file. Lines keep their numbers. */
export const instrument = (source: string, file: string): Instrumented => {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const insertions: Insertion[] = [];
  const words = new Set<string>();
  const count = (): string => `${HITS}[${nextBranch()}]++`;
  const wrapped = new Set<ts.Node>();
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) words.add(node.text);
    if (ts.isPropertySignature(node) && ts.isIdentifier(node.name)) words.add(node.name.text);
    for (const part of conditionalParts(node)) if (!ts.isBlock(part)) wrapped.add(part);
    const isWrapped = wrapped.has(node);
    const isStatement = ts.isStatement(node) && !ts.isBlock(node);
    if (isWrapped) insertions.push({ at: node.getStart(), text: isStatement ? `{${count()};` : `(${count()},(` });
    if (ts.isBlock(node)) insertions.push({ at: node.getStart() + 1, text: `${count()};` });
    if (ts.isCaseOrDefaultClause(node)) insertions.push({ at: node.statements.pos, text: `${count()};` });
    ts.forEachChild(node, visit);
    if (isWrapped) insertions.push({ at: node.end, text: isStatement ? '}' : '))' });
  };
  visit(tree);
  return { source: insert(source, insertions), words: [...words].filter(isWord) };
};

const isWord = (text: string): boolean => text.length > 0 && text.length <= WORD_LENGTH_MAX;

/** Inserts texts. Of several texts at one place, the first of the list comes first. */
const insert = (source: string, insertions: readonly Insertion[]): string => {
  const parts = [`const ${HITS} = globalThis.${HITS};`];
  let at = 0;
  for (const one of insertions.toSorted((a, b) => a.at - b.at)) {
    parts.push(source.slice(at, one.at), one.text);
    at = one.at;
  }
  parts.push(source.slice(at));
  return parts.join('');
};

/**
 * Instruments all files that are loaded from now on and whose path begins with one of the prefixes, such as
 * `src/sink/decode/`. Returns the dictionary, which grows as files are loaded.
 */
export const instrumentLoaded = (prefixes: readonly string[]): Set<string> => {
  const dictionary = new Set<string>();
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.startsWith('file:') || loaded.source === undefined || loaded.source === null) return loaded;
      const path = relative(ROOT, fileURLToPath(url));
      if (!path.endsWith('.ts') || !prefixes.some((prefix) => path.startsWith(prefix))) return loaded;
      const { source, words } = instrument(Buffer.from(loaded.source as Uint8Array).toString('utf8'), path);
      for (const word of words) dictionary.add(word);
      return { ...loaded, source };
    },
  });
  return dictionary;
};
