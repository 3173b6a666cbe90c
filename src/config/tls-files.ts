/** Reads the certificates of the connection to openGemini. Faults name files, and never show their contents. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { TlsSettings } from '../adapters/tls-options.ts';
import type { SettingReader } from './setting-reader.ts';
import { readTextFile } from './text-file.ts';
import type { VARIABLES } from './variables.ts';

type Reader = SettingReader<typeof VARIABLES>;

/** Reads all PEM files. Adds a fault for each one that cannot be used. */
export const readTlsFiles = (reader: Reader): TlsSettings => ({
  ca: readCa(reader),
  clientCertificate: readClientCertificate(reader),
});

const CERTIFICATE = '-----BEGIN CERTIFICATE-----';

const readCa = (reader: Reader): string | undefined => {
  const file = reader.get('OPENGEMINI_CA_FILE');
  if (file === undefined) return undefined;
  const text = readTextFile(file, 'OPENGEMINI_CA_FILE', reader.faults);
  if (text !== undefined && !text.includes(CERTIFICATE)) {
    reader.faults.push(
      `OPENGEMINI_CA_FILE must be a PEM file with a certificate. ${JSON.stringify(file)} contains none.`,
    );
  }
  return text;
};

const readClientCertificate = (reader: Reader): TlsSettings['clientCertificate'] => {
  const certFile = reader.get('OPENGEMINI_CERT_FILE');
  const keyFile = reader.get('OPENGEMINI_KEY_FILE');
  if ((certFile === undefined) !== (keyFile === undefined))
    reader.faults.push('OPENGEMINI_CERT_FILE and OPENGEMINI_KEY_FILE must be set together.');
  if (certFile === undefined || keyFile === undefined) return undefined;
  const cert = readTextFile(certFile, 'OPENGEMINI_CERT_FILE', reader.faults);
  const key = readTextFile(keyFile, 'OPENGEMINI_KEY_FILE', reader.faults);
  const certificate = cert === undefined ? undefined : parseCertificate(cert, certFile, reader.faults);
  const privateKey = key === undefined ? undefined : parseKey(key, keyFile, reader.faults);
  // The server would refuse each connection with an error text that names no file.
  if (certificate !== undefined && privateKey !== undefined && !certificate.checkPrivateKey(privateKey))
    reader.faults.push(
      `OPENGEMINI_KEY_FILE must contain the key of the first certificate in OPENGEMINI_CERT_FILE. ${JSON.stringify(keyFile)} contains another key.`,
    );
  return cert === undefined || key === undefined ? undefined : { cert, key };
};

const parseCertificate = (text: string, file: string, faults: string[]): X509Certificate | undefined => {
  try {
    if (text.includes(CERTIFICATE)) return new X509Certificate(text);
  } catch {
    // The error text of OpenSSL explains nothing to a user.
  }
  faults.push(`OPENGEMINI_CERT_FILE must be a PEM file with a certificate. ${JSON.stringify(file)} contains none.`);
  return undefined;
};

const parseKey = (text: string, file: string, faults: string[]): KeyObject | undefined => {
  try {
    return createPrivateKey(text);
  } catch {
    const found = /-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text) ? 'an encrypted one' : 'none';
    faults.push(
      `OPENGEMINI_KEY_FILE must be a PEM file with a private key without a passphrase. ${JSON.stringify(file)} contains ${found}.`,
    );
    return undefined;
  }
};
