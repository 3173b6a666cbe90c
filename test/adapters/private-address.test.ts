/** Addresses to which credentials may be sent without TLS. */

import { expect, test } from 'vitest';
import { exposedHosts, isPrivate } from '../../src/adapters/private-address.ts';

test.each([
  ['http://localhost:8086', true],
  ['http://db.localhost', true],
  ['http://127.0.0.1:8086', true],
  ['http://10.255.0.1', true],
  ['http://11.0.0.1', false],
  ['http://172.15.255.255', false],
  ['http://172.16.0.1', true],
  ['http://172.31.255.255', true],
  ['http://172.32.0.0', false],
  ['http://192.168.1.1:8086', true],
  ['http://192.169.0.1', false],
  ['http://169.254.169.254', true],
  ['http://0x0a000001', true],
  ['http://100.64.0.1', false],
  ['http://[::1]', true],
  ['http://[::2]', false],
  ['http://[fd12:3456::1]', true],
  ['http://[fe80::1]', true],
  ['http://[fec0::1]', false],
  ['http://[2001:db8::1]', false],
  ['http://[::ffff:10.0.0.1]', true],
  ['http://[::ffff:11.0.0.1]', false],
  ['http://node.local', true],
  ['http://ip-10-0-0-1.eu-central-1.compute.internal:8086', true],
  ['http://NODE.INTERNAL.', true],
  ['http://internal.example.com', false],
  ['http://notlocal', false],
  ['http://opengemini:8086', false],
  ['http://10.0.0.1.example.com', false],
  ['http://example.com/10.0.0.1', false],
])('the host of %s is private: %s', (url, expected) => {
  expect(isPrivate(url)).toBe(expected);
});

test('only public hosts without TLS are exposed, and only if there are credentials', () => {
  const urls = ['http://a.example:8086', 'https://b.example', 'http://10.0.0.1', 'http://c.example/proxy'];
  const exposed = ['a.example:8086', 'c.example'];
  const secretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:s';
  expect(exposedHosts({ urls, credentials: {}, secretArn: undefined })).toEqual(exposed);
  expect(exposedHosts({ urls, credentials: undefined, secretArn })).toEqual(exposed);
  expect(exposedHosts({ urls, credentials: undefined, secretArn: undefined })).toEqual([]);
});
