import type {
  AnswerPiece,
  FunctionCall,
  GenerateOutput,
  GeneratePart,
  TokenLogprob,
} from '../protocol/generate.ts';

type CallPiece = Extract<AnswerPiece, { toolCall: unknown }>['toolCall'];

export function newId(prefix: string): string {
  return prefix + crypto.randomUUID().replaceAll('-', '');
}

/** The calls of an answer by their places: ids are made for those that the model gave none. */
export class CallNames {
  readonly #begun: { id: string; name: string }[] = [];

  get count(): number {
    return this.#begun.filter(Boolean).length;
  }

  /** The call's id and name with its first piece; nothing with the others. */
  begin({ index, id, name = '' }: CallPiece): { id: string; name: string } | undefined {
    if (this.#begun[index]) return undefined;
    this.#begun[index] = { id: id ?? newId('call_'), name };
    return this.#begun[index];
  }
}

/** What an answer has come to. */
export class Written {
  text = '';
  reasoning = '';
  readonly calls: FunctionCall[] = [];
  readonly ids: number[] = [];
  readonly logprobs: TokenLogprob[] = [];
  output: GenerateOutput | undefined;
  readonly #names = new CallNames();

  take({ text, ids, pieces = [], logprobs = [] }: GeneratePart): void {
    this.text += text;
    for (const id of ids) this.ids.push(id);
    for (const logprob of logprobs) this.logprobs.push(logprob);
    for (const piece of pieces) {
      if ('reasoning' in piece) this.reasoning += piece.reasoning;
      else if ('toolCall' in piece) this.#call(piece.toolCall);
    }
  }

  /** Of its tokens, so that long answers are not the worse for it. */
  get meanLogprob(): number {
    const sum = this.logprobs.reduce((total, { logprob }) => total + logprob, 0);
    return this.logprobs.length > 0 ? sum / this.logprobs.length : 0;
  }

  #call(piece: CallPiece): void {
    const begun = this.#names.begin(piece);
    if (begun) this.calls[piece.index] = { ...begun, arguments: '' };
    this.calls[piece.index]!.arguments += piece.argumentsDelta;
  }
}
