/**
 * Finds the lines that the server's error text names (docs/decisions/0002). The text of a type conflict names field,
 * measurement and type. The server keeps one type per column of a measurement (openGemini,
 * `coordinator/write_helper.go`, the clean-schema check of fields). Every line with this field and this type therefore
 * fails, and one response decides all of them.
 */

import { lineText } from '../lines/batch.ts';
import { parseOwnLine } from '../lines/parse-own-line.ts';
import type { Point } from '../lines/point.ts';
import type { TypeConflict } from '../outcome.ts';
import type { OwnedBatch } from '../ports.ts';

const CONFLICT =
  /^partial write: field type conflict: input field "([^"]*)" on measurement "(.*)" is type (float|integer|string|boolean), already exists as type (\w+) dropped=\d+$/s;
const MEASUREMENT = /^partial write: invalid measurement name: (.*) dropped=\d+$/s;

/** A line that the server's error text names. */
export interface NamedLine {
  /** Index of the line in its batch. */
  readonly index: number;
  /** Whether the server may have stored the line's other fields. */
  readonly partlyStored: boolean;
  /** The field whose column has another type; `undefined` if the line is named for another reason. */
  readonly conflict: TypeConflict | undefined;
}

/** Returns the lines of the batch that the text names. The list is empty if no line matches. */
export const linesNamedByServer = (batch: OwnedBatch, text: string): readonly NamedLine[] => {
  const conflict = CONFLICT.exec(text);
  if (conflict !== null) {
    const [, field = '', measurement, type, columnType = ''] = conflict;
    const isNamed = (point: Point): boolean =>
      point.measurement === measurement && point.fields.some(([name, value]) => name === field && value.type === type);
    const isPartlyStored = (point: Point): boolean => point.fields.length > 1;
    return linesWhere(batch, isNamed, isPartlyStored, { field, columnType });
  }
  const measurement = MEASUREMENT.exec(text)?.[1];
  if (measurement === undefined) return [];
  return linesWhere(
    batch,
    (point) => point.measurement === measurement,
    () => false,
  );
};

const linesWhere = (
  batch: OwnedBatch,
  isNamed: (point: Point) => boolean,
  partlyStored: (point: Point) => boolean,
  conflict?: TypeConflict,
): NamedLine[] => {
  const named: NamedLine[] = [];
  for (let index = 0; index < batch.lines; index++) {
    const point = parseOwnLine(lineText(batch, index));
    if (isNamed(point)) named.push({ index, partlyStored: partlyStored(point), conflict });
  }
  return named;
};
