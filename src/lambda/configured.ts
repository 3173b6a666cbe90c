/** The configuration of a function, or one ERROR line with all its faults before it fails. */

import type { Telemetry } from '../adapters/telemetry.ts';
import { type Config, type EnvironmentVariables, readConfig } from '../config/config.ts';

export const configured = (environment: EnvironmentVariables, telemetry: Telemetry): Config => {
  try {
    return readConfig(environment);
  } catch (error) {
    telemetry.logger.error('The sink cannot start', error as Error);
    throw error;
  }
};
