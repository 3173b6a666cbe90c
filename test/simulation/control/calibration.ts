/**
 * Compares the model with the table that it was fitted to: lines per second by concurrent requests, without a network.
 */

import { diceFrom } from './dice.ts';
import { Events } from './events.ts';
import { ServerModel } from './server-model.ts';

/** Lines per request of the measured columns. */
export const CALIBRATION_LINES = [100, 450, 1_000, 2_000, 5_000, 10_000] as const;

/** Measured throughput of openGemini on two cores that it shared with its clients, in thousands of lines per second. */
const MEASURED: readonly { readonly atOnce: number; readonly rates: readonly number[] }[] = [
  { atOnce: 1, rates: [199, 412, 463, 444, 658, 814] },
  { atOnce: 4, rates: [474, 894, 1_038, 983, 1_217, 702] },
  { atOnce: 16, rates: [567, 872, 1_001, 939, 965, 1_144] },
];

const CORES = 2;
const RUN_MS = 4_000;

const modelled = (atOnce: number, lines: number): number => {
  const events = new Events();
  const server = new ServerModel(events, diceFrom(1), { cores: CORES, roundTripMs: 0, noisy: false });
  let written = 0;
  const send = (): void =>
    server.send(
      lines,
      () => {
        written += lines;
      },
      send,
    );
  for (let client = 0; client < atOnce; client++) send();
  events.runUntil(RUN_MS);
  return written / RUN_MS;
};

/** The measured table next to that of the model. */
export interface Calibration {
  readonly rows: readonly {
    readonly atOnce: number;
    readonly measured: readonly number[];
    readonly modelled: readonly number[];
  }[];
  /** Root mean square of the logarithms of the ratios, in percent. */
  readonly rmsErrorPercent: number;
}

/** Runs the model with the parameters of the measured table. */
export const calibrate = (): Calibration => {
  const rows = MEASURED.map(({ atOnce, rates }) => ({
    atOnce,
    measured: rates,
    modelled: CALIBRATION_LINES.map((lines) => Math.round(modelled(atOnce, lines))),
  }));
  const squares = rows.flatMap((row) =>
    row.measured.map((rate, column) => Math.log((row.modelled[column] as number) / rate) ** 2),
  );
  const mean = squares.reduce((sum, square) => sum + square, 0) / squares.length;
  return { rows, rmsErrorPercent: Math.round(1_000 * Math.sqrt(mean)) / 10 };
};
