import type { AnswerPiece, GenerateOutput } from '../protocol/generate.ts';
import type { AnswerStream } from './answers.ts';
import { CallNames } from './written.ts';

/** A stretch of an answer: of text, of thoughts, or one call, whose `text` are its arguments. */
export interface Block {
  kind: 'text' | 'reasoning' | 'call';
  index: number;
  text: string;
  /** Of a call. */
  id?: string;
  name?: string;
}

export type BlockEvent =
  | { kind: 'open' | 'close'; block: Block }
  | { kind: 'delta'; block: Block; delta: string }
  | { kind: 'end'; output: GenerateOutput };

/** An answer as blocks that open, grow and close one after the other. */
export async function* blocksOf(stream: AnswerStream): AsyncGenerator<BlockEvent, void, undefined> {
  const names = new CallNames();
  let block: Block | undefined;
  let count = 0;
  for await (const { pieces = [] } of stream) {
    for (const piece of pieces) {
      const call = 'toolCall' in piece ? piece.toolCall : undefined;
      const begun = call && names.begin(call);
      const kind = call ? 'call' : 'text' in piece ? 'text' : 'reasoning';
      if (block && (block.kind !== kind || begun)) {
        yield { kind: 'close', block };
        block = undefined;
      }
      if (!block) {
        block = { kind, index: count++, text: '', ...begun };
        yield { kind: 'open', block };
      }
      const delta = textOf(piece);
      if (delta === '') continue;
      block.text += delta;
      yield { kind: 'delta', block, delta };
    }
  }
  if (block) yield { kind: 'close', block };
  yield { kind: 'end', output: await stream.output };
}

function textOf(piece: AnswerPiece): string {
  if ('toolCall' in piece) return piece.toolCall.argumentsDelta;
  return 'text' in piece ? piece.text : piece.reasoning;
}
