/**
 * Files of the user that the packages of the functions contain: the mapping file, and the certificate of a private
 * certificate authority. The functions read them at the same path, relative to the root of the package.
 */

type Variables = Readonly<Record<string, string>>;

/** Names of the files, with the setting that names each. */
const namedFiles = ({ SINK_MAPPING: mapping, OPENGEMINI_CA_FILE: authority }: Variables): ReadonlyMap<string, string> =>
  new Map([
    ...(mapping === undefined || mapping.trimStart().startsWith('{') ? [] : [['mapping', mapping] as const]),
    ...(authority === undefined ? [] : [['OPENGEMINI_CA_FILE in variables', authority] as const]),
  ]);

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
        `${name} must be a file in the folder of serverless.yml, as a relative path of letters, digits, and the characters _ - . / (not in node_modules), got ${JSON.stringify(path)}.`,
    );

/** Returns the patterns that include the files in a package. */
export const packagedFiles = (variables: Variables): readonly string[] => [
  ...new Set([...namedFiles(variables).values()].map(withoutDot)),
];
