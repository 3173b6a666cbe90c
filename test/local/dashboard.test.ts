/** The queries of the dashboard for Grafana on the stand-in. `test/live` runs them on a real openGemini. */

import { test } from 'vitest';
import { expectDashboardToShowValues } from './dashboard-queries.ts';

test('the stand-in answers every query of the dashboard from the metrics that the sink writes', async () => {
  await expectDashboardToShowValues({});
});
