import { expect, test } from 'vitest';
import { StepCosts } from './step-costs.ts';

const step = { decodes: 0, others: 0, guesses: 0, prompts: 0 };

/** A GPU that takes as long for up to four rows as for one, and then a millisecond for each eight. */
function known(): StepCosts {
  const costs = new StepCosts();
  for (const decodes of [1, 2, 4, 8, 16, 32])
    costs.note({ ...step, decodes }, decodes <= 4 ? 1 : 1 + decodes / 8);
  return costs;
}

test('beside a stream that is read, others have what keeps the step under twice its time', () => {
  const { decodes, prompts } = known().beside(1, { decodes: 30, prompts: 0 }, true);
  expect(decodes).toBeGreaterThanOrEqual(3);
  expect(decodes).toBeLessThan(7);
  expect(prompts).toBe(0);
});

test('prompts have a half of that, by what steps with prompts have taken', () => {
  const costs = known();
  costs.note({ ...step, decodes: 2, prompts: 2 }, 1.2);
  costs.note({ ...step, decodes: 2, prompts: 510 }, 40);
  const { decodes, prompts } = costs.beside(1, { decodes: 30, prompts: 2 }, true);
  expect(prompts).toBeGreaterThan(0);
  expect(decodes + prompts).toBeLessThan(12);
});

test('where prompts in chunks would take too long, they get on by single rows; by one in any case', () => {
  const costs = known();
  costs.note({ ...step, decodes: 2, prompts: 1 }, 50);
  const others = { decodes: 30, prompts: 1 };
  expect(costs.beside(1, others, false)).toEqual({ decodes: 0, prompts: 1, areSingle: false });
  const { decodes, prompts, areSingle } = costs.beside(1, others, true);
  expect(areSingle).toBe(true);
  expect(decodes + prompts).toBeGreaterThan(2);
  expect(decodes + prompts).toBeLessThan(7);
});

test('nobody rides along until it is known what a step takes without, and now and then to know it again', () => {
  const costs = known();
  const others = { decodes: 30, prompts: 1 };
  const none = { decodes: 0, prompts: 0, areSingle: false };
  expect(new StepCosts().beside(1, others, true)).toEqual(none);
  for (let i = 0; i < 100; i++) costs.count(false);
  expect(costs.beside(1, others, true)).toEqual(none);
  costs.count(true);
  expect(costs.beside(1, others, true)).not.toEqual(none);
});

test('steps that decode much do not make rows of prompts look free', () => {
  const costs = new StepCosts();
  costs.note({ ...step, decodes: 1 }, 1);
  for (let i = 0; i < 50; i++) costs.note({ ...step, decodes: 32 }, 3);
  for (let i = 0; i < 50; i++) costs.note({ ...step, decodes: 2, prompts: 14 }, 2.5);
  expect(costs.rowsWithin(2.5)).toBeLessThanOrEqual(32);
  expect(costs.expected({ ...step, prompts: 512 })).toBeGreaterThan(50);
});
