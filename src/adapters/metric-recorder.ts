/** Adds metrics of a program to those of the sink, and protects the sink's own metrics. */

/** Units of CloudWatch metrics that make sense for a sink. */
export type MetricUnitName = 'Count' | 'Count/Second' | 'Milliseconds' | 'Seconds' | 'Bytes' | 'Percent' | 'None';

/** Receives additional metrics. They get the namespace and the dimension of the sink's own metrics. */
export interface MetricRecorder {
  /**
   * Adds one value. Several values of one name become a distribution.
   *
   * @param unit - By default `Count`.
   * @throws Error for a name that the sink uses itself, and for a value that is not finite.
   */
  add(name: string, value: number, unit?: MetricUnitName): void;
}

/**
 * Creates a recorder.
 *
 * @param own - Names to which nothing can be added: the sink's metrics, and the other members of the JSON that contains
 *   them.
 */
export const createMetricRecorder = (
  own: ReadonlySet<string>,
  add: (name: string, unit: MetricUnitName, value: number) => void,
): MetricRecorder => ({
  add(name, value, unit = 'Count') {
    if (own.has(name)) throw new Error(`The sink uses the name "${name}" itself. Choose another name.`);
    if (!Number.isFinite(value)) throw new Error(`The value of the metric "${name}" must be finite, got ${value}.`);
    add(name, unit, value);
  },
});
