/** Tests of `cli/check.ts`: the configuration that a function would read, or all its faults. */

import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run } from './running.ts';

const VALID = {
  OPENGEMINI_URL: 'http://a:8086,http://b:8086',
  OPENGEMINI_DATABASE: 'd',
  OPENGEMINI_RETENTION_POLICY: 'week',
  OPENGEMINI_USERNAME: 'writer',
  OPENGEMINI_PASSWORD: 'hidden',
  SINK_MAPPING: fileURLToPath(new URL('../../examples/mapping.json', import.meta.url)),
  SINK_CONTROL: 'off',
};

const WARNING =
  'The password crosses the network in readable form to a:8086, b:8086, because the address begins with http. Use https, or a private network that you trust.';

test('check prints the configuration without the password', async () => {
  const { code, out, err } = await run(['check'], '', VALID);
  expect([code, err]).toEqual([0, '']);
  expect(out).toBe(
    [
      'The configuration is valid.',
      'sink         opengemini-sink',
      'openGemini   http://a:8086, http://b:8086, database d, retention policy week',
      'credentials  user writer',
      'mapping      2 rules: readings, a measurement from the event',
      'input        auto',
      'controller   off, batch size and requests in flight stay as configured',
      `warning      ${WARNING}`,
      '',
    ].join('\n'),
  );
});

test('check --json prints the configuration as one line of JSON, without the password', async () => {
  const { code, out, err } = await run(['check', '--json'], '', VALID);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^.*\n$/);
  expect(JSON.parse(out)).toEqual({
    valid: true,
    sink: 'opengemini-sink',
    opengeminiUrls: ['http://a:8086', 'http://b:8086'],
    database: 'd',
    retentionPolicy: 'week',
    credentials: 'user',
    rules: [{ measurement: 'readings' }, { measurement: null }],
    input: 'auto',
    converter: 'line',
    adaptive: false,
    warnings: [WARNING],
  });
});

test.each([
  ['preset:otlp-metrics', 'preset otlp-metrics', 'otlp-metrics', []],
  [
    '{"version":1,"preset":"telegraf","mappings":[{"when":{"path":"name","equals":"a"},"drop":true}]}',
    '1 rule: dropped on purpose; then preset telegraf',
    'telegraf',
    [{ measurement: null }],
  ],
])('check names the preset of the mapping %s', async (mapping, shown, preset, rules) => {
  const call = ['check', '--mapping', mapping];
  const [text, json, whole] = await Promise.all([
    run(call),
    run([...call, '--json']),
    run(['check', '--json'], '', { ...VALID, SINK_MAPPING: mapping }),
  ]);
  expect(text.out).toContain(`\nmapping      ${shown}\n`);
  expect(JSON.parse(json.out)).toEqual({ valid: true, preset, rules });
  expect(JSON.parse(whole.out)).toMatchObject({ preset, rules });
});

test('check names the option --mapping in its faults', async () => {
  const { code, err } = await run(['check', '--mapping', 'preset:nope']);
  expect(code).toBe(2);
  expect(err).toContain('--mapping');
  expect(err).not.toContain('SINK_MAPPING');
});

test('check --json prints null for what is not set', async () => {
  const { out } = await run(['check', '--json'], '', { OPENGEMINI_URL: 'http://a:8086', OPENGEMINI_DATABASE: 'd' });
  expect(JSON.parse(out)).toMatchObject({ retentionPolicy: null, credentials: 'none', rules: null, adaptive: true });
});

test('check prints all faults, as text to standard error or as JSON to standard output, and exits with 2', async () => {
  const variables = { OPENGEMINI_URL: 'nope', SINK_INPUT: 'xml' };
  const [text, json] = await Promise.all([run(['check'], '', variables), run(['check', '--json'], '', variables)]);
  expect(text).toMatchObject({ code: 2, out: '' });
  expect(json).toMatchObject({ code: 2, err: '' });
  const { valid, faults } = JSON.parse(json.out);
  expect(valid).toBe(false);
  expect(faults).toHaveLength(3);
  expect(text.err).toBe(`Invalid configuration:\n${faults.map((fault: string) => `- ${fault}\n`).join('')}`);
});

test.each([
  ['https', { OPENGEMINI_URL: 'https://a:8086' }],
  ['a private address', { OPENGEMINI_URL: 'http://10.0.0.1:8086' }],
  ['no password', { OPENGEMINI_USERNAME: '', OPENGEMINI_PASSWORD: '' }],
])('check warns of no readable password with %s', async (_, variables) => {
  const { out } = await run(['check', '--json'], '', { ...VALID, ...variables });
  expect(JSON.parse(out)).toMatchObject({ valid: true, warnings: [] });
});
