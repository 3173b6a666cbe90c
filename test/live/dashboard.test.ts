/** The queries of the dashboard for Grafana on a real openGemini. */

import { afterAll, test } from 'vitest';
import { dropDatabase, type ServerAccess } from '../../local/opengemini-client.ts';
import { expectDashboardToShowValues } from '../local/dashboard-queries.ts';

const { OPENGEMINI_USERNAME: username, OPENGEMINI_PASSWORD: password, OPENGEMINI_URL: url = '' } = process.env;
const server: ServerAccess = { url, credentials: username && password ? { username, password } : undefined };
const database = `sink_live_dashboard_${Date.now()}`;
afterAll(() => dropDatabase(server, database));

test('a real server answers every query of the dashboard from the metrics that the sink writes', async () => {
  await expectDashboardToShowValues({ ...process.env, OPENGEMINI_DATABASE: database });
});
