import { expect, test } from 'vitest';
import { createTelemetry } from '../../src/adapters/telemetry.ts';
import { catchOutput } from '../handlers/invoking.ts';

test('a damaged segment is one ERROR, which says what is wrong with which lines', () => {
  const output = catchOutput();
  const damage = { segment: '01J', target: 'db/rp', lines: 3, damage: 'its payload is gone' };
  createTelemetry('sink').segmentDamaged(damage);
  expect(output.logs()).toMatchObject([
    { level: 'ERROR', message: 'A segment is damaged: its lines are not written', ...damage },
  ]);
});
