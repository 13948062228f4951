import type { Token } from './lexer.ts';
import { fail } from './values.ts';

/** The tokens of one `{{ … }}` or `{% … %}`, taken one by one. */
export class TokenStream {
  protected at = 0;

  constructor(protected readonly tokens: readonly Token[]) {}

  get isAtEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  end(): void {
    if (!this.isAtEnd) fail(`${JSON.stringify(this.tokens[this.at]!.text)} is not expected here`);
  }

  /** Takes the next token if it is this name or sign. */
  takes(text: string): boolean {
    if (!this.sees(text)) return false;
    this.at++;
    return true;
  }

  sees(...texts: string[]): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && token.kind !== 'string' && texts.includes(token.text);
  }

  expect(text: string): void {
    if (!this.takes(text))
      fail(
        `${JSON.stringify(text)} is expected, not ${JSON.stringify(this.tokens[this.at]?.text ?? 'the end')}`,
      );
  }

  name(): string {
    const token = this.tokens[this.at++];
    return token?.kind === 'name'
      ? token.text
      : fail(`a name is expected, not ${JSON.stringify(token?.text ?? 'the end')}`);
  }
}
