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
import type { Preset } from './preset.ts';
import { convertSenml } from './senml.ts';

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
