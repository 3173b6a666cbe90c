/** Addresses of this machine. */

import { expect, test } from 'vitest';
import { isLoopback } from '../../src/adapters/loopback.ts';

test.each([
  ['http://localhost:8086', true],
  ['https://LOCALHOST/path', true],
  ['http://127.0.0.1:8086', true],
  ['http://127.255.3.4', true],
  ['http://127.1', true],
  ['http://0x7f000001:1', true],
  ['http://[::1]:8086', true],
  ['http://[0:0:0:0:0:0:0:1]', true],
  ['http://localhost.example.com:8086', false],
  ['http://127.0.0.1.example.com', false],
  ['http://example.com/127.0.0.1', false],
  ['http://128.0.0.1', false],
  ['http://10.127.0.0', false],
  ['http://[::2]', false],
  ['http://[fe80::1]', false],
])('the host of %s is on this machine: %s', (url, expected) => {
  expect(isLoopback(url)).toBe(expected);
});
