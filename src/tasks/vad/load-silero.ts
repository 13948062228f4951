import { HearthError } from '../../protocol/errors.ts';
import { onnxFile } from '../custom/load-onnx.ts';
import type { Library } from '../library.ts';
import type { Session } from '../ort-sessions.ts';
import type { LoadedPipeline, LoadOptions } from '../task.ts';
import { CONTEXT, HIDDEN, type SileroState, WINDOW } from './silero-state.ts';

type Feeds = Parameters<Session['run']>[0];

export interface Heard {
  /** That somebody speaks, of each window. */
  probabilities: Float32Array;
  state: Pick<SileroState, 'hidden' | 'context'>;
}

/**
 * Silero's voice activity detector, version 5: a window of 512 samples at 16 kHz behind the last 64 of the one before, and
 * the state that the one before has left. Called with whole windows and that state.
 */
export async function loadSilero({ Tensor }: Library, options: LoadOptions): Promise<LoadedPipeline> {
  const session = await options.openSession(onnxFile(options));
  const [needed, known] = [
    ['input', 'state'],
    ['input', 'state', 'sr'],
  ];
  if (
    !needed.every((one) => session.inputNames.includes(one)) ||
    !session.inputNames.every((one) => known.includes(one))
  )
    throw new HearthError(
      'unsupported-model',
      `This model has the inputs ${session.inputNames.join(', ')}; Silero’s detector from version 5 on has input, state and sr.`,
    );
  const [output, next] = ['output', 'stateN'];
  const rate = session.inputNames.includes('sr') && {
    sr: new Tensor('int64', BigInt64Array.of(16_000n), []).ort_tensor,
  };
  const hear = async (samples: Float32Array, state: Heard['state']): Promise<Heard> => {
    const probabilities = new Float32Array(samples.length / WINDOW);
    const input = new Float32Array(CONTEXT + WINDOW);
    let { hidden } = state;
    input.set(state.context, WINDOW);
    for (let i = 0; i < probabilities.length; i++) {
      input.copyWithin(0, WINDOW);
      input.set(samples.subarray(i * WINDOW, (i + 1) * WINDOW), CONTEXT);
      const answer = await session.run({
        input: new Tensor('float32', input, [1, input.length]).ort_tensor,
        state: new Tensor('float32', hidden, [2, 1, HIDDEN / 2]).ort_tensor,
        ...rate,
      } as Feeds);
      probabilities[i] = Number(answer[output!]!.data[0]);
      hidden = answer[next!]!.data as Float32Array;
    }
    return { probabilities, state: { hidden: hidden.slice(), context: input.slice(WINDOW) } };
  };
  const run = (samples: unknown, state: unknown) => hear(samples as Float32Array, state as Heard['state']);
  return Object.assign(run, { dispose: () => session.release() });
}
