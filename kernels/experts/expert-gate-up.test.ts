import { describe, expect, test } from 'vitest';
import { openGpu, randomFloats, relativeError, runKernel } from '../../test/gpu.ts';
import { expectQuantized } from '../quantize/check.ts';
import type { InputKind } from '../quantize/inputs.ts';
import { quantizedBytes } from '../quantize/quantize.ts';
import { dequantized, packQuantized, quantizeReference } from '../quantize/reference.ts';
import { quantFormat, quantFormats } from '../quants/index.ts';
import type { QuantFormat } from '../quants/format.ts';
import { rmsNormReference } from '../rms-norm/reference.ts';
import type { ExpertActivation } from './act.ts';
import { packRoutes, randomRoutes, randomStack } from './check.ts';
import { expertGateUp } from './expert-gate-up.ts';
import { dotReference, innerReference, routeReference } from './reference.ts';

const gpu = await openGpu();
const formats = quantFormats.filter(({ wgslDp4a }) => wgslDp4a);

interface Case {
  rows?: number;
  used?: number;
  all?: number;
  firstExpert?: number;
  experts?: number;
  k?: number;
  ffn?: number;
  isFused?: boolean;
  lanes?: number;
  ahead?: boolean;
  input?: InputKind;
  activation?: ExpertActivation;
  weightsFirst?: boolean;
  hasBias?: boolean;
  /** Whether routes are chosen here, by logits. */
  chooses?: boolean;
}

describe.each(['workgroup', 'subgroup'] as const)('%s', (team) => {
  const lacking = team === 'subgroup' && !gpu.has('subgroups') ? ' (the adapter lacks subgroups)' : '';

  test.skipIf(lacking || team === 'workgroup').for(formats.map((format) => [format.name, format] as const))(
    `makes a unit of experts of %s${lacking}`,
    ([, format]) => expectInner(format, { k: format.blockValues === 256 ? 256 : 64 }),
  );

  const cases: ({ why: string } & Case)[] = [
    { why: 'rows that share no expert, several units', rows: 3, ffn: 64, k: 96 },
    {
      why: 'a stack of some experts, gate and up in one tensor',
      all: 5,
      firstExpert: 2,
      experts: 2,
      rows: 3,
      isFused: true,
    },
    { why: 'more lanes than units, asked ahead', lanes: 4, ahead: true },
    { why: 'teams larger than a subgroup of four', lanes: 8, k: 288 },
    { why: 'biases, clamped', activation: 'clamped', hasBias: true },
    { why: 'weights first', weightsFirst: true },
    { why: 'a row that is quantized here', rows: 1, used: 3, input: 'plain', k: 96 },
    {
      why: 'a row that is normed and quantized here',
      rows: 1,
      used: 3,
      input: 'normed',
      k: 96,
      ahead: true,
      hasBias: true,
    },
    {
      why: 'a row that chooses its experts here, some of another stack',
      rows: 1,
      used: 3,
      all: 9,
      firstExpert: 2,
      experts: 5,
      ffn: 64,
      input: 'normed',
      weightsFirst: true,
      chooses: true,
    },
  ];
  test.skipIf(lacking).for(cases)(`makes $why${lacking}`, ({ why: _, ...parts }) =>
    expectInner(quantFormat('Q8_0')!, parts),
  );

  async function expectInner(format: QuantFormat, parts: Case) {
    const { rows = 2, used = 2, all = 3, firstExpert = 0, experts = all, k = 64, ffn = 32 } = parts;
    const { isFused = false, lanes = 1, ahead = false, input = 'quantized', activation = 'silu' } = parts;
    const { weightsFirst = false, hasBias = false, chooses = false } = parts;
    const layout = { k, n: 2 * ffn, span: isFused ? 2 * ffn : ffn, firstExpert, experts };
    const stack = randomStack(format, layout);
    // Small, so that silu is neither its argument nor zero
    const x = randomFloats(rows * k, 0.05);
    const norm = randomFloats(k, 0.05, 5);
    const eps = 1e-5;
    const read = input === 'normed' ? rmsNormReference(x, norm, rows, k, eps) : x;
    const quantized = quantizeReference(read, rows, k);
    const logits = randomFloats(all, 3, 8);
    const choice = { experts: all, gating: 'softmax', renormalize: true, scale: 1.5 } as const;
    const { pairs, given } = chooses ? chosenBy(logits, { ...choice, used }) : randomRoutes(rows, used, all);
    const bias = randomFloats(2 * all * ffn, 1, 6);
    const start = new Uint32Array((pairs.length * quantizedBytes(ffn)) / 4);

    const inner = { rows, used, ffn, activation, weightsFirst, hasBias, eps };
    const shape = { ...layout, ...inner, choice: { ...choice, hasBias: false } };
    const [words, routes] = await runKernel(
      gpu,
      expertGateUp(format, team, input, chooses ? 'chosen' : 'given'),
      { ...shape, tuning: { lanes, subgroup: 4, ahead } },
      [
        stack.quants,
        stack.scales,
        input === 'quantized' ? packQuantized(quantized, rows, k) : x,
        { write: Uint32Array, length: start.length, start },
        chooses ? { write: Uint32Array, length: given.length } : given,
        norm,
        bias,
        ...(chooses ? [logits, new Float32Array(1)] : []),
      ],
    );

    if (chooses) {
      const [found, wanted] = [routes as unknown as Uint32Array, given];
      expect(found.filter((_, i) => i % 2 === 0)).toEqual(wanted.filter((_, i) => i % 2 === 0));
      expect(relativeError(new Float32Array(found.buffer), new Float32Array(wanted.buffer))).toBeLessThan(
        1e-6,
      );
    }
    const values = dequantized(quantized);
    const exact = new Float64Array(pairs.length * ffn);
    for (const [pair, { expert, weight }] of pairs.entries()) {
      // What the stack has not stays as it was: zeros
      if (expert < firstExpert || expert >= firstExpert + experts) continue;
      const w = stack.weightsOf(expert - firstExpert);
      const row = values.subarray(Math.floor(pair / used) * k);
      for (let n = 0; n < ffn; n++) {
        const value = (isUp: 0 | 1) =>
          dotReference(w, isUp * ffn + n, row, 0, k) * (weightsFirst ? weight : 1) +
          (hasBias ? bias[(isUp * all + expert) * ffn + n]! : 0);
        exact[pair * ffn + n] = innerReference(activation, value(0), value(1));
      }
    }
    expect(exact.every((value) => Number.isFinite(value))).toBe(true);
    expectQuantized(words as unknown as Uint32Array, exact, pairs.length, ffn, 2e-4);
  }

  function chosenBy(logits: Float32Array, choice: Parameters<typeof routeReference>[1]) {
    const pairs = routeReference(logits, choice);
    return { pairs, given: packRoutes(pairs) };
  }
});
