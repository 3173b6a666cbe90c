/** All presets by name. docs/presets.md describes them. */

import chirpstackV4 from '../../../presets/chirpstack-v4.json' with { type: 'json' };
import cloudevents from '../../../presets/cloudevents.json' with { type: 'json' };
import cloudwatchAlarm from '../../../presets/cloudwatch-alarm.json' with { type: 'json' };
import cloudwatchMetricStream from '../../../presets/cloudwatch-metric-stream.json' with { type: 'json' };
import greengrassTelemetry from '../../../presets/greengrass-telemetry.json' with { type: 'json' };
import homeassistant from '../../../presets/homeassistant.json' with { type: 'json' };
import iotSitewise from '../../../presets/iot-sitewise.json' with { type: 'json' };
import telegraf from '../../../presets/telegraf.json' with { type: 'json' };
import ttnV3 from '../../../presets/ttn-v3.json' with { type: 'json' };
import vector from '../../../presets/vector.json' with { type: 'json' };
import { convertOtlpMetrics } from './otlp-metrics.ts';
import type { PresetConverter } from './preset.ts';
import { convertSenml } from './senml.ts';

/** A preset. */
export type Preset =
  | {
      /** A mapping, as its file contains it. */
      readonly declaration: object;
    }
  | {
      readonly code: PresetConverter;
      /**
       * Whether a body that is an array is one unit. Otherwise each element is a unit, as with a mapping. The lines of
       * NDJSON are units in both cases.
       */
      readonly whole: boolean;
    };

/** The presets, in the order of docs/presets.md. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  telegraf: { declaration: telegraf },
  'cloudwatch-metric-stream': { declaration: cloudwatchMetricStream },
  'cloudwatch-alarm': { declaration: cloudwatchAlarm },
  'otlp-metrics': { code: convertOtlpMetrics, whole: false },
  'chirpstack-v4': { declaration: chirpstackV4 },
  'ttn-v3': { declaration: ttnV3 },
  'iot-sitewise': { declaration: iotSitewise },
  'greengrass-telemetry': { declaration: greengrassTelemetry },
  cloudevents: { declaration: cloudevents },
  senml: { code: convertSenml, whole: true },
  vector: { declaration: vector },
  homeassistant: { declaration: homeassistant },
};
