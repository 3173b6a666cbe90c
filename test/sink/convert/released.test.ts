import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createConverter } from '../../../src/sink/convert/converter.ts';
import type { Decoded } from '../../../src/sink/decode/decoded.ts';
import { LineBuffer } from '../../../src/sink/lines/line-buffer.ts';
import { CountingObserver } from '../../../src/testing/counting-observer.ts';
import { mapping, message, TARGET } from '../make.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

test.each([
  ['a buffer that is never full', false],
  ['a buffer that is full after each event', true],
])('a converted message is released, with %s', async (_name, isFull) => {
  const converter = createConverter({
    mapping: mapping({ fields: { v: 'v' }, events: 'list' }),
    converter: 'line',
    decode: { input: 'auto', messageBytesMax: 1_000_000 },
    target: TARGET,
  });
  const buffer = new LineBuffer(TARGET);
  const buffers = { bufferFor: () => buffer, isFull: () => isFull, takeFull: () => [] };
  const convert = (): WeakRef<Decoded> => {
    const decoded = converter.decode(message('{"list":[{"v":1},{"v":2}]}'), 0);
    expect([...converter.convert(decoded, buffers, new CountingObserver())]).toEqual([]);
    return new WeakRef(decoded.decoded as Decoded);
  };
  const released = convert();
  // A weak reference lasts until the end of the current job.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(released.deref()).toBeUndefined();
});
