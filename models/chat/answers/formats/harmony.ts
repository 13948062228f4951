import { HARMONY_MARKS, HarmonyReader } from '../harmony-reader.ts';
import type { AnswerFormat } from '../part.ts';

export const harmony: AnswerFormat = {
  name: 'harmony',
  clues: ['<|channel|>'],
  marks: HARMONY_MARKS,
  newReader: () => new HarmonyReader(),
  // A call ends the answer
  calls: () => ({
    open: 'to=functions.',
    begin: '',
    end: '',
    before: (name) => `<|channel|>commentary to=functions.${name} <|constrain|>json<|message|>`,
    after: '',
  }),
  thoughts: { open: '<|channel|>analysis<|message|>', close: '<|end|>', next: '<|start|>assistant' },
  text: '<|channel|>final<|message|>',
};
