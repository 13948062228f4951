import { HARMONY_MARKS, HarmonyReader } from '../harmony-reader.ts';
import type { AnswerFormat } from '../part.ts';

export const harmony: AnswerFormat = {
  name: 'harmony',
  clues: ['<|channel|>'],
  marks: HARMONY_MARKS,
  newReader: () => new HarmonyReader(),
};
