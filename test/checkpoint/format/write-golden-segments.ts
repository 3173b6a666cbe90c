/**
 * Writes the golden file of a segment format: `npx node test/checkpoint/format/write-golden-segments.ts <format>`. Run
 * it once for each format, when the format is new, and never for a released format. Segments in users' tables were
 * written by the code of that time, and the golden file represents them. The script therefore does not overwrite an
 * existing file.
 */

import { existsSync, writeFileSync } from 'node:fs';
import { batchOf, target } from '../make.ts';
import { writeInFormat } from './format-1-writer.ts';
import { type GoldenContent, goldenUrl, writtenGolden } from './golden-segments.ts';

const CONTENTS: Readonly<Record<string, GoldenContent>> = {
  'UUIDs; runs of digits, more than there are columns, and none; escapes; owners out of order': {
    lines: [
      'cpu,host=web-01,region=eu\\ west value=0.5,count=17i 1767225600000000001',
      'cpu,host=web-02,region=eu\\ west value=-12.25,count=18i 1767225600010000000',
      'cpu,host=web-01 value=3.0000000000000000e-8 1767225600020000999',
      `wide v="${Array.from({ length: 80 }, (_, i) => i * 7).join(' ')}" 1767225600000000000`,
      'text note="a \\"quoted\\" word, é, 😀, and \\\\ a backslash",ok=true 1767225599999000000',
      'plain v="no digits here" 1',
      'last,t=x v=9007199254740991i,w=f 9223372036854775806',
    ],
    owners: [
      [0, 0],
      [0, 1],
      [2, 0],
      [1, 41],
      [1, 42],
      [1, 7],
      [3, 4_000_000_000],
    ],
    traces: [
      {
        messageId: '5fea7756-0ea4-451a-a703-a558b933e274',
        sentAtMs: 1_767_225_600_100,
        firstSeenMs: 1_767_225_600_250,
      },
      {
        messageId: '00000000-0000-4000-8000-00000000000f',
        sentAtMs: 1_767_225_599_000,
        firstSeenMs: 1_767_225_900_000,
      },
      {
        messageId: 'a1b2c3d4-0000-1000-ffff-0123456789ab',
        sentAtMs: 1_767_225_601_000,
        firstSeenMs: 1_767_225_600_999,
      },
      { messageId: 'ffffffff-ffff-ffff-ffff-ffffffffffff', sentAtMs: 0, firstSeenMs: 1_767_225_600_250 },
    ],
  },
  'ids that are not UUIDs; a byte that stands for digits elsewhere': {
    lines: ['m note="\x01",v=12 1767225600000000000', 'm v=13 1767225600000000001'],
    owners: [
      [1, 0],
      [0, 3],
    ],
    traces: [
      { messageId: 'a message of the é emulator', sentAtMs: 1_767_225_600_100, firstSeenMs: 1_767_225_600_250 },
      {
        messageId: '5FEA7756-0EA4-451A-A703-A558B933E274',
        sentAtMs: 1_767_225_600_000,
        firstSeenMs: 1_767_225_600_000,
      },
    ],
  },
};

const format = Number(process.argv[2]);
const url = goldenUrl(format);
if (existsSync(url)) throw new Error(`${url.pathname} already exists. A stored segment must stay readable forever.`);
const golden = Object.entries(CONTENTS).map(([about, content]) => {
  const lines = batchOf(content.lines, { to: target('telemetry', 'one week'), owners: content.owners });
  return writtenGolden(about, writeInFormat({ lines, traces: content.traces }, format), content);
});
writeFileSync(url, `${JSON.stringify(golden, null, 2)}\n`);
