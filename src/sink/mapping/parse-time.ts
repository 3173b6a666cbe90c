/** Reads the time (`timestamp`) of a mapping. */

import { NUMERIC_PRECISIONS } from '../time/timestamp.ts';
import { isZone } from '../time/zone.ts';
import { type Declared, type FaultCollector, shown } from './fault-collector.ts';
import { PRECISIONS, type TimeRule } from './mapping.ts';
import { readSource } from './parse-source.ts';

const KEYS = ['path', 'decode', 'precision', 'zone', 'plus', 'missing', 'invalid', 'implausible', 'spread'];

/** Reads the time; `undefined` if none is declared. */
export const readTime = (read: FaultCollector, declared: unknown, place: string): TimeRule | undefined => {
  if (declared === undefined) return undefined;
  const rule: Declared =
    typeof declared === 'string' || Array.isArray(declared)
      ? { path: declared }
      : read.object(declared, place, KEYS, 'a path or {"path", "precision", "missing"}');
  const { paths, decode } = readSource(read, rule, place, ['path']);
  const precision = read.choice(rule.precision, `${place}.precision`, PRECISIONS, 'ms');
  return {
    paths,
    decode,
    precision,
    missing: read.choice(rule.missing, `${place}.missing`, ['refuse', 'message']),
    zone: readZone(read, rule.zone, `${place}.zone`, precision),
    plus: readPlus(read, rule.plus, `${place}.plus`),
    invalid: read.choice<'refuse' | 'message'>(rule.invalid, `${place}.invalid`, ['refuse', 'message']),
    implausible: read.choice<'write' | 'refuse' | 'message'>(rule.implausible, `${place}.implausible`, [
      'write',
      'refuse',
      'message',
    ]),
    spread: read.flag(rule.spread, `${place}.spread`),
  };
};

const readZone = (
  read: FaultCollector,
  declared: unknown,
  place: string,
  precision: TimeRule['precision'],
): string | undefined => {
  if (declared === undefined) return undefined;
  if (precision !== 'iso8601' && precision !== 'auto')
    return read.fault(place, `is only for texts. Set "precision" to "iso8601" or "auto", got "${precision}"`);
  if (typeof declared === 'string' && isZone(declared)) return declared;
  return read.fault(
    place,
    `must be an offset such as "+02:00" or a name such as "Europe/Berlin", got ${shown(declared)}`,
  );
};

const readPlus = (read: FaultCollector, declared: unknown, place: string): TimeRule['plus'] => {
  if (declared === undefined) return undefined;
  const rule: Declared =
    typeof declared === 'string' || Array.isArray(declared)
      ? { path: declared }
      : read.object(declared, place, ['path', 'precision'], 'a path or {"path", "precision"}');
  return {
    paths: read.valuePaths(rule.path, `${place}.path`),
    precision: read.choice(rule.precision, `${place}.precision`, NUMERIC_PRECISIONS, 'ms'),
  };
};
