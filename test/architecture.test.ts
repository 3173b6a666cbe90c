/**
 * The structure of the code: allowed imports between folders, files with access to the outside world, and names of
 * files.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';

interface Import {
  readonly specifier: string;
  /** Path below the project's root; undefined for packages and `node:` modules. */
  readonly file: string | undefined;
  readonly typeOnly: boolean;
}

interface Source {
  /** Below the project's root. */
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const ROOT = new URL('../', import.meta.url);

const importsOf = (path: string, text: string): Import[] =>
  [...text.matchAll(/(?:^(import|export)\s+(type\s)?[^'";]*?\bfrom\s*|\bimport\s*\(?\s*)'([^']+)'/gm)].map(
    ([, , type, specifier = '']) => ({
      specifier,
      file: specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined,
      typeOnly: type !== undefined,
    }),
  );

const sourcesIn = (top: string): Source[] =>
  readdirSync(new URL(`${top}/`, ROOT), { recursive: true, encoding: 'utf8' })
    .map((path) => `${top}/${path.replaceAll('\\', '/')}`)
    // The template is code of users, which follows other rules.
    .filter((path) => /\.(?:ts|js)$/.test(path) && !path.startsWith('cli/init/template/'))
    .map((path) => {
      const text = readFileSync(new URL(path, ROOT), 'utf8');
      return { path, folder: posix.dirname(path), text, imports: importsOf(path, text) };
    });

const SRC = sourcesIn('src');
const SOURCES: readonly Source[] = [...SRC, ...['cli', 'local', 'infra', 'docs'].flatMap(sourcesIn)];

/** The files directly in `src/sink`, except `sink.ts`. */
const SINK_ROOT = 'src/sink/*';

/**
 * Allowed imports of each file or folder, in addition to its own files. The longest key that matches a file decides. A
 * key that is a folder in `src`, except `src/adapters`, does not include its subfolders. A value that ends with a slash
 * is a folder with its subfolders; `type:` allows type imports only.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/version.ts': [],
  'src/index.ts': [
    ...['src/config/', 'src/lambda/*', 'src/sink/', 'src/version.ts', 'type:src/adapters/metric-recorder.ts'],
  ],
  'src/testing.ts': ['src/testing/*'],
  'src/testing': ['src/sink/'],
  'src/lambda/entry': ['src/lambda/*'],
  'src/lambda': [
    ...['src/adapters/', 'src/breaker/', 'src/checkpoint/', 'src/config/', 'src/controller/', 'src/flush/'],
    ...['src/ingest/', 'src/runtime/', 'src/sink/', 'src/writer/', 'src/version.ts'],
  ],
  'src/config': ['type:src/adapters/', 'src/sink/'],
  'src/adapters': [
    'src/adapters/',
    ...['type:src/ingest/', 'type:src/flush/', 'type:src/runtime/'],
    ...['src/checkpoint/', 'src/breaker/', 'src/controller/', 'src/writer/', 'src/sink/'],
  ],
  'src/ingest': ['src/runtime/', 'src/checkpoint/', 'src/writer/', 'src/sink/'],
  'src/flush': ['src/runtime/', 'src/checkpoint/', 'src/controller/', 'src/writer/', 'src/sink/'],
  'src/runtime': ['src/checkpoint/', 'src/breaker/', 'src/controller/', 'src/writer/', 'src/sink/'],
  'src/checkpoint': ['src/checkpoint/format/', 'src/sink/'],
  'src/checkpoint/drain': ['src/checkpoint/*', 'src/checkpoint/format/', 'src/sink/'],
  'src/checkpoint/format': ['src/sink/'],
  'src/breaker': [SINK_ROOT],
  'src/controller': [SINK_ROOT],
  'src/writer': [SINK_ROOT],
  'src/sink/sink.ts': ['src/sink/'],
  'src/sink/settle': [
    ...['src/sink/write/', 'src/sink/convert/', 'src/sink/decode/', 'src/sink/lines/', 'src/sink/mapping/'],
    ...['src/sink/json/', SINK_ROOT],
  ],
  'src/sink/write': ['type:src/sink/convert/', 'src/sink/lines/', SINK_ROOT],
  'src/sink/convert': [
    ...[
      'src/sink/scan/',
      'src/sink/decode/',
      'src/sink/lines/',
      'src/sink/mapping/',
      'src/sink/custom/',
      'src/sink/json/',
      SINK_ROOT,
    ],
    ...['src/sink/values/', 'src/sink/time/'],
  ],
  'src/sink/scan': [...['type:src/sink/decode/', 'src/sink/lines/', 'src/sink/mapping/', 'src/sink/time/', SINK_ROOT]],
  'src/sink/decode': [
    ...['src/sink/lines/', 'src/sink/mapping/', 'src/sink/custom/', 'src/sink/json/', SINK_ROOT],
    'type:src/sink/presets/',
  ],
  'src/sink/values': ['src/sink/mapping/', 'src/sink/lines/', 'src/sink/json/', SINK_ROOT],
  'src/sink/time': ['type:src/sink/lines/', SINK_ROOT],
  'src/sink/lines': [SINK_ROOT],
  'src/sink/presets': ['src/sink/custom/', 'src/sink/json/', 'presets/', SINK_ROOT],
  'src/sink/mapping': ['src/sink/presets/', 'src/sink/time/', 'src/sink/custom/', 'src/sink/json/', SINK_ROOT],
  'src/sink/custom': [SINK_ROOT],
  'src/sink/json': [SINK_ROOT],
  'src/sink': [],
  local: ['src/adapters/', 'src/controller/', 'src/sink/'],
  // The commands that write a deployment are thin: they only parse options.
  cli: [
    ...[
      'infra/',
      'local/',
      'src/adapters/',
      'src/breaker/',
      'src/checkpoint/',
      'src/config/',
      'src/controller/',
      'src/flush/',
    ],
    ...['src/ingest/', 'src/runtime/', 'src/sink/', 'src/testing/', 'src/writer/', 'src/version.ts'],
  ],
  infra: [
    'local/package-root.ts',
    'src/config/',
    'src/adapters/loopback.ts',
    'src/adapters/private-address.ts',
    'src/adapters/queue-url.ts',
    'src/adapters/dynamodb/table-schema.ts',
  ],
  docs: [
    'infra/',
    'src/config/',
    'src/lambda/self-metrics.ts',
    'src/adapters/queue-url.ts',
    'src/adapters/dynamodb/table-schema.ts',
  ],
};

const folderKey = ({ path, folder }: Source): string => {
  if (path in MAY_IMPORT) return path;
  if (folder.startsWith('src/adapters/')) return 'src/adapters';
  return folder.startsWith('src/') ? folder : (folder.split('/')[0] as string);
};

const isAllowed = (source: Source, { file = '', typeOnly }: Import): boolean => {
  const key = folderKey(source);
  const own = key.endsWith('.ts') ? '' : key.startsWith('src/') ? `${key}/*` : `${key}/`;
  return [own, ...(MAY_IMPORT[key] ?? [])].some((rule) => {
    const isTypeRule = rule.startsWith('type:');
    if (isTypeRule && !typeOnly) return false;
    const place = isTypeRule ? rule.slice('type:'.length) : rule;
    if (place.endsWith('/*')) return posix.dirname(file) === place.slice(0, -2) && file !== 'src/sink/sink.ts';
    return place.endsWith('/') ? file.startsWith(place) : file === place;
  });
};

/** Sentences like "src/sink/sink.ts: imports ../controller/paced.ts". */
const complaints = (sources: readonly Source[], found: (source: Source) => readonly string[]): readonly string[] =>
  sources.flatMap((source) => found(source).map((what) => `${source.path}: ${what}`));

const imports = (source: Source, isWrong: (one: Import) => boolean): readonly string[] =>
  source.imports.filter(isWrong).map(({ specifier }) => `imports ${specifier}`);

const matches = ({ text }: Source, pattern: RegExp): readonly string[] => text.match(pattern) ?? [];

const within = (...folders: readonly string[]): readonly Source[] =>
  SOURCES.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));

/** Returns the cycles of a graph, each as a path that returns to its start. */
const circlesIn = (edges: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] => {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (node: string, way: readonly string[]): void => {
    if (state.get(node) === 'open') circles.push([...way.slice(way.indexOf(node)), node].join(' -> '));
    if (state.has(node)) return;
    state.set(node, 'open');
    for (const next of edges.get(node) ?? []) visit(next, [...way, node]);
    state.set(node, 'done');
  };
  for (const node of edges.keys()) visit(node, []);
  return circles;
};

const edgesBetween = (
  sources: readonly Source[],
  nodeOf: (path: string) => string,
): ReadonlyMap<string, ReadonlySet<string>> => {
  const edges = new Map<string, Set<string>>();
  for (const source of sources) {
    const from = nodeOf(source.path);
    const to = edges.get(from) ?? new Set<string>();
    edges.set(from, to);
    for (const one of source.imports) if (one.file !== undefined && nodeOf(one.file) !== from) to.add(nodeOf(one.file));
  }
  return edges;
};

test('the architecture test reads the sources and recognizes every form of import', () => {
  expect(SRC.length).toBeGreaterThan(60);
  expect(SRC.find(({ path }) => path === 'src/sink/sink.ts')?.imports.length).toBeGreaterThan(5);
  const seen = importsOf(
    'a/b.ts',
    `import type { A } from '../c.ts';\nimport {\n  B,\n} from 'd';\nawait import('./e.ts');`,
  );
  expect(seen).toEqual([
    { specifier: '../c.ts', file: 'c.ts', typeOnly: true },
    { specifier: 'd', file: undefined, typeOnly: false },
    { specifier: './e.ts', file: 'a/e.ts', typeOnly: false },
  ]);
  expect(circlesIn(new Map([...'abc'].map((node, at) => [node, new Set('bca'[at])])))).toEqual(['a -> b -> c -> a']);
});

describe('imports', () => {
  test('every folder has a row in the table of allowed imports', () => {
    const unlisted = SOURCES.filter((source) => MAY_IMPORT[folderKey(source)] === undefined);
    expect(unlisted.map(({ path }) => path)).toEqual([]);
  });
  test('every folder imports only what the table of allowed imports lists', () => {
    const wrong = (source: Source): readonly string[] =>
      imports(source, (one) => one.file !== undefined && !isAllowed(source, one));
    expect(complaints(SOURCES, wrong)).toEqual([]);
  });
  test('no file imports itself through other files, type imports included', () => {
    expect(circlesIn(edgesBetween(SOURCES, (path) => path))).toEqual([]);
  });
  test('no folder of src imports itself through other folders, type imports included', () => {
    // The subfolders of adapters count as one folder with it, as in the table.
    const folderOf = (path: string): string =>
      path in MAY_IMPORT ? path : posix.dirname(path).replace(/^src\/adapters\/.*/, 'src/adapters');
    expect(circlesIn(edgesBetween(SRC, folderOf))).toEqual([]);
  });
});

/** Folders that neither import a package nor use a Node module that does more than compute. */
const PURE = ['sink', 'breaker', 'controller', 'writer', 'checkpoint', 'runtime', 'ingest', 'flush'].map(
  (name) => `src/${name}`,
);

describe('packages', () => {
  const isPackage = ({ specifier, file }: Import): boolean => file === undefined && !specifier.startsWith('node:');
  const nameOf = (specifier: string): string =>
    specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');

  test('only adapters and lambda, and outside src the tools, import packages', () => {
    const closed = SRC.filter(({ path }) => !/^src\/(?:adapters|lambda)\//.test(path));
    expect(complaints(closed, (source) => imports(source, isPackage))).toEqual([]);
  });
  test('every package that src imports is a runtime dependency', () => {
    const { dependencies } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
    const missing = (one: Import): boolean =>
      isPackage(one) && !one.typeOnly && !(nameOf(one.specifier) in dependencies);
    expect(complaints(SRC, (source) => imports(source, missing))).toEqual([]);
  });
  test('the page of the console imports only its own files, one list, types, and uPlot, because a browser runs it', () => {
    const page = within('cli/console/page');
    expect(page.length).toBeGreaterThan(10);
    const wrong = ({ specifier, file = '', typeOnly }: Import): boolean =>
      !(file.startsWith('cli/console/page/') || specifier === 'uplot') &&
      !(file === 'cli/console/ring.ts' || (file === 'cli/console/protocol.ts' && typeOnly));
    expect(complaints(page, (source) => imports(source, wrong))).toEqual([]);
  });
  test('pure folders use only Node modules that compute', () => {
    const wrong = ({ specifier }: Import): boolean =>
      specifier.startsWith('node:') && !/^node:(?:crypto|zlib|buffer)$/.test(specifier);
    expect(complaints(within(...PURE), (source) => imports(source, wrong))).toEqual([]);
  });
});

describe('the outside world', () => {
  test('only lambda and config read environment variables in src', () => {
    const closed = SRC.filter(({ path }) => !/^src\/(?:lambda|config)\//.test(path));
    expect(complaints(closed, (source) => matches(source, /\bprocess\.(?:env|argv)\b|'node:process'/g))).toEqual([]);
  });
  test('only adapters/clock.ts reads the clock, generates random numbers, or sleeps in src', () => {
    const closed = SRC.filter(({ path }) => path !== 'src/adapters/clock.ts');
    const pattern =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bset(?:Timeout|Interval|Immediate)\b|'node:timers[^']*'/g;
    expect(complaints(closed, (source) => matches(source, pattern))).toEqual([]);
  });
});

describe('files', () => {
  const CODE = SOURCES.filter(({ path }) => !path.startsWith('docs/'));

  test('every file name has a subject', () => {
    const bag = /(?:^|\/)(?:utils?|helpers?|common|types|misc|shared)(?:\/|\.ts$)/;
    expect(CODE.map(({ path }) => path).filter((path) => bag.test(path))).toEqual([]);
  });
  test('every file name is in kebab-case', () => {
    const plain = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.d)?\.(?:ts|js)$/;
    expect(CODE.map(({ path }) => path).filter((path) => !plain.test(path))).toEqual([]);
  });
  test('no file has more than 350 lines', () => {
    const lengths = CODE.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
    expect(lengths.filter(({ lines }) => lines > 350)).toEqual([]);
  });
  test('no folder of src has more than 24 files', () => {
    const sizes = Map.groupBy(SRC, ({ folder }) => folder);
    expect([...sizes].filter(([, files]) => files.length > 24).map(([folder]) => folder)).toEqual([]);
  });
});
