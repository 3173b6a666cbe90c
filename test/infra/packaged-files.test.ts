/** The files that the packages of the functions contain in addition to the code. */

import { expect, test } from 'vitest';
import { packagedFileFaults, packagedFiles } from '../../infra/packaged-files.ts';

test('the packages contain the mapping, the certificates, and the key, each once', () => {
  const variables = {
    SINK_MAPPING: './examples/sensor.json',
    OPENGEMINI_CA_FILE: 'tls/ca.pem',
    OPENGEMINI_CERT_FILE: './tls/client.pem',
    OPENGEMINI_KEY_FILE: 'tls/client.pem',
  };
  expect(packagedFiles(variables)).toEqual(['examples/sensor.json', 'tls/ca.pem', 'tls/client.pem']);
  expect(packagedFileFaults(variables)).toEqual([]);
});

test('an empty variable names no file', () => {
  expect(packagedFiles({ OPENGEMINI_CA_FILE: '', OPENGEMINI_CERT_FILE: '', OPENGEMINI_KEY_FILE: '' })).toEqual([]);
});
