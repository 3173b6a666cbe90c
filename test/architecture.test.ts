/** The plan of the house: `handlers, cli, local -> adapters -> control, checkpoint -> sink`, and never back. */

import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';

interface Import {
  readonly specifier: string;
  /** Path below `src/`; undefined for packages and `node:` modules. */
  readonly file: string | undefined;
  readonly typeOnly: boolean;
}

interface Source {
  /** Below `src/`. */
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const SRC = new URL('../src/', import.meta.url);

const importsOf = (path: string, text: string): Import[] =>
  [...text.matchAll(/(?:\b(import|export)\s+(type\s)?[^'";]*?\bfrom\s*|\bimport\s*\(?\s*)'([^']+)'/g)].map(
    ([, , type, specifier = '']) => ({
      specifier,
      file: specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined,
      typeOnly: type !== undefined,
    }),
  );

/** The folder that a file lies in, or the file itself at the root. */
const roomOf = (path: string): string => path.split('/')[0] as string;

const SOURCES: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(new URL(path, SRC), 'utf8');
    return { path, room: roomOf(path), text, imports: importsOf(path, text) };
  });

const CONFIG = ['config.ts', 'config-variables.ts', 'setting.ts', 'setting-reader.ts', 'version.ts'];
const HALLS = ['control', 'checkpoint', 'sink'];
const BACK = ['adapters', ...HALLS];

/** What each room may import; a room that is not listed may not exist. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  sink: ['sink'],
  control: ['control', 'sink'],
  checkpoint: ['checkpoint', 'sink'],
  adapters: BACK,
  handlers: ['handlers', ...BACK, ...CONFIG],
  local: ['local', ...BACK, ...CONFIG],
  cli: ['cli', 'local', 'handlers', ...BACK, ...CONFIG],
  'config.ts': ['config-variables.ts', 'setting-reader.ts', ...BACK],
  'config-variables.ts': ['setting.ts', 'sink'],
  'setting.ts': ['sink'],
  'setting-reader.ts': ['setting.ts'],
  'version.ts': [],
  'index.ts': ['handlers', ...BACK, ...CONFIG],
};

const inRooms = (...rooms: readonly string[]): readonly Source[] => SOURCES.filter(({ room }) => rooms.includes(room));

/** Sentences like "sink/sink.ts: imports ../control/paced.ts". */
const complaints = (sources: readonly Source[], found: (source: Source) => readonly string[]): readonly string[] =>
  sources.flatMap((source) => found(source).map((what) => `${source.path}: ${what}`));

const imports = (source: Source, isWrong: (one: Import) => boolean): readonly string[] =>
  source.imports.filter(isWrong).map(({ specifier }) => `imports ${specifier}`);

const matches = ({ text }: Source, pattern: RegExp): readonly string[] => text.match(pattern) ?? [];

test('there are files to look at, and their imports are seen', () => {
  expect(SOURCES.length).toBeGreaterThan(60);
  expect(SOURCES.find(({ path }) => path === 'sink/sink.ts')?.imports.length).toBeGreaterThan(5);
  const seen = importsOf(
    'a/b.ts',
    `import type { A } from '../c.ts';\nimport {\n  B,\n} from 'd';\nawait import('./e.ts');`,
  );
  expect(seen).toEqual([
    { specifier: '../c.ts', file: 'c.ts', typeOnly: true },
    { specifier: 'd', file: undefined, typeOnly: false },
    { specifier: './e.ts', file: 'a/e.ts', typeOnly: false },
  ]);
});

describe('rooms', () => {
  test('are those of the plan', () => {
    expect(SOURCES.filter(({ room }) => MAY_IMPORT[room] === undefined).map(({ path }) => path)).toEqual([]);
  });
  test('import from the front to the back only', () => {
    const wrong = (source: Source): readonly string[] =>
      imports(source, ({ file }) => file !== undefined && !MAY_IMPORT[source.room]?.includes(roomOf(file)));
    expect(complaints(SOURCES, wrong)).toEqual([]);
  });
  test('do not import in a circle', () => {
    const byPath = new Map(SOURCES.map((source) => [source.path, source]));
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (path: string, way: readonly string[]): void => {
      if (state.get(path) === 'open') circles.push([...way.slice(way.indexOf(path)), path].join(' -> '));
      if (state.has(path)) return;
      state.set(path, 'open');
      for (const { file, typeOnly } of byPath.get(path)?.imports ?? [])
        if (file !== undefined && !typeOnly) visit(file, [...way, path]);
      state.set(path, 'done');
    };
    for (const { path } of SOURCES) visit(path, []);
    expect(circles).toEqual([]);
  });
});

describe('guests', () => {
  const isPackage = ({ specifier, file }: Import): boolean => file === undefined && !specifier.startsWith('node:');
  const nameOf = (specifier: string): string =>
    specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');

  test('are let in by adapters and handlers, and by the local system and the command line', () => {
    const closed = SOURCES.filter(({ room }) => !['adapters', 'handlers', 'local', 'cli'].includes(room));
    expect(complaints(closed, (source) => imports(source, isPackage))).toEqual([]);
  });
  test('that are deployed are dependencies at run time', () => {
    const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    const missing = (one: Import): boolean =>
      isPackage(one) && !one.typeOnly && !(nameOf(one.specifier) in dependencies);
    expect(complaints(inRooms('adapters', 'handlers'), (source) => imports(source, missing))).toEqual([]);
  });
  test('of the halls are node modules that only compute', () => {
    const wrong = ({ specifier }: Import): boolean =>
      specifier.startsWith('node:') && !/^node:(?:crypto|zlib|buffer)$/.test(specifier);
    expect(complaints(inRooms(...HALLS), (source) => imports(source, wrong))).toEqual([]);
  });
});

describe('what comes in by the door', () => {
  test('the environment: seen by handlers, the command line and the configuration', () => {
    // The local system starts processes, and hands them the path to their programs.
    const closed = SOURCES.filter(({ room }) => !['handlers', 'cli', 'config.ts', 'local'].includes(room));
    expect(complaints(closed, (source) => matches(source, /\bprocess\.(?:env|argv)\b|'node:process'/g))).toEqual([]);
  });
  test('the clock, dice and waiting: one adapter has them, all others are handed them', () => {
    const closed = inRooms(...BACK, 'handlers').filter(({ path }) => path !== 'adapters/clock.ts');
    const pattern =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bset(?:Timeout|Interval|Immediate)\b|'node:timers[^']*'/g;
    expect(complaints(closed, (source) => matches(source, pattern))).toEqual([]);
  });
});

describe('files', () => {
  test('have a subject in their names', () => {
    const bag = /(?:^|\/)(?:utils?|helpers?|common|types|misc|shared)(?:\/|\.ts$)/;
    expect(SOURCES.map(({ path }) => path).filter((path) => bag.test(path))).toEqual([]);
  });
  test('are named in kebab-case', () => {
    const plain = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.d)?\.ts$/;
    expect(SOURCES.map(({ path }) => path).filter((path) => !plain.test(path))).toEqual([]);
  });
  test('have at most 350 lines', () => {
    const lengths = SOURCES.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
    expect(lengths.filter(({ lines }) => lines > 350)).toEqual([]);
  });
});
