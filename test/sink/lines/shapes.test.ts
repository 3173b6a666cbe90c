import { describe, expect, test } from 'vitest';
import { header } from '../../../src/sink/lines/header.ts';
import { areDistinct, Shapes } from '../../../src/sink/lines/shapes.ts';

const counting = (): { shapes: Shapes; created: () => number } => {
  let created = 0;
  const shapes = new Shapes((name) => {
    created += 1;
    return name === 'invalid' ? undefined : header(`,${name}=`);
  });
  return { shapes, created: () => created };
};

describe('shapes of objects', () => {
  test('have the headers of names in their order, and the order of the names', () => {
    const { shapes } = counting();
    const { headers, sorted } = shapes.of(['b', 'invalid', 'a']);
    expect(headers.map((head) => head?.length)).toEqual([3, undefined, 3]);
    expect([...sorted]).toEqual([2, 0, 1]);
  });

  test('are remembered, also if objects of several producers alternate', () => {
    const { shapes, created } = counting();
    const lists = Array.from({ length: 16 }, (_, index) => ['a', `b${index}`]);
    const first = lists.map((names) => shapes.of(names));
    const again = lists.toReversed().map((names) => shapes.of([...names]));
    expect(again.toReversed()).toEqual(first);
    expect(created()).toBe(32);
  });

  test('are forgotten when there are more than 16, the oldest first', () => {
    const { shapes, created } = counting();
    for (let index = 0; index < 17; index++) shapes.of([`b${index}`]);
    expect(created()).toBe(17);
    shapes.of(['b1']);
    expect(created()).toBe(17);
    shapes.of(['b0']);
    expect(created()).toBe(18);
  });

  test('are not remembered for more than 400 names', () => {
    const { shapes, created } = counting();
    const namesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);
    for (let round = 0; round < 2; round++) shapes.of(namesOf(401));
    expect(created()).toBe(802);
    for (let round = 0; round < 2; round++) shapes.of(namesOf(400));
    expect(created()).toBe(1_202);
  });

  test('differ for another order and for another number of names', () => {
    const { shapes } = counting();
    const shape = shapes.of(['a', 'b']);
    for (const names of [['b', 'a'], ['a'], ['a', 'b', 'c']]) expect(shapes.of(names)).not.toBe(shape);
    expect(shapes.of(['a', 'b'])).toBe(shape);
  });
});

test('two shapes are distinct if they have no name in common', () => {
  const { shapes } = counting();
  const [tags, fields, others] = [shapes.of(['a', 'b']), shapes.of(['c']), shapes.of(['c', 'b'])];
  for (let round = 0; round < 2; round++) {
    expect(areDistinct(fields, tags)).toBe(true);
    expect(areDistinct(others, tags)).toBe(false);
    expect(areDistinct(others, shapes.of([]))).toBe(true);
  }
});
