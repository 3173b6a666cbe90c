/**
 * Files of the user that the packages of the functions contain: the mapping file, and the certificates and the key of
 * the connection to openGemini. The functions read them at the same path, relative to the root of the package. A mapping file
 * that the functions cannot read (YAML, or JSON with comments) is packaged as JSON, at a path of its own.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isPem } from '../src/config/setting.ts';
import { convertedMapping, namesMappingFile } from './mapping-file.ts';

type Variables = Readonly<Record<string, string>>;

/** Variables that name PEM files. */
const PEM_FILES = ['OPENGEMINI_CA_FILE', 'OPENGEMINI_CERT_FILE', 'OPENGEMINI_KEY_FILE'] as const;

/** Names of the files, with the setting that names each. */
const namedFiles = (variables: Variables): ReadonlyMap<string, string> => {
  const mapping = variables.SINK_MAPPING;
  return new Map([
    ...(namesMappingFile(mapping) ? [['mapping', mapping] as const] : []),
    ...PEM_FILES.flatMap((name) => {
      const file = variables[name] ?? '';
      return file === '' ? [] : [[`${name} in variables`, file] as const];
    }),
  ]);
};

/**
 * Paths in the folder of serverless.yml. The characters are limited because the Framework reads paths as patterns. It
 * excludes folders whose name begins with a period, and those below `node_modules` that only development needs.
 */
const PATH = /^(?!(?:.*\/)?node_modules\/)(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/;

const withoutDot = (path: string): string => path.replace(/^\.\//, '');

/** Returns one sentence for each file that the package cannot contain. */
export const packagedFileFaults = (variables: Variables): readonly string[] =>
  [...namedFiles(variables)]
    .filter(([, path]) => !PATH.test(withoutDot(path)))
    .map(
      ([name, path]) =>
        `${name} must be a file in the folder of serverless.yml, as a relative path of letters, digits, and the characters _ - . / (not in node_modules), got ${isPem(path) ? 'the contents of a file' : JSON.stringify(path)}.`,
    );

/** Path of a mapping that was turned into JSON. Each deployment writes it again. */
const CONVERTED_MAPPING = 'dist/mapping.json';

/** Returns the variables as the functions receive them: a mapping that was turned into JSON is named by its path. */
export const packagedVariables = <V extends Variables>(variables: V): V =>
  convertedMapping(variables) === undefined ? variables : { ...variables, SINK_MAPPING: CONVERTED_MAPPING };

/** Returns the files that only the packages contain, with their text by path: the mapping as JSON if it is converted. */
export const generatedFiles = (variables: Variables): ReadonlyMap<string, string> => {
  const mapping = convertedMapping(variables);
  return new Map(mapping === undefined ? [] : [[CONVERTED_MAPPING, `${mapping}\n`]]);
};

/** Writes the files that only the packages contain into the folder of serverless.yml, because the Framework packages files. */
export const writeGeneratedFiles = (root: string, variables: Variables): void => {
  for (const [path, text] of generatedFiles(variables)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
};

/** Returns the patterns that include the files in a package. */
export const packagedFiles = (variables: Variables): readonly string[] => [
  ...new Set([...namedFiles(packagedVariables(variables)).values()].map(withoutDot)),
];
