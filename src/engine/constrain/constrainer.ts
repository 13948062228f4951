import type { Tokenizer } from '../../../models/tokenizers/tokenizer.ts';
import { HearthError } from '../../protocol/errors.ts';
import type { Constraint } from '../../protocol/generate.ts';
import { LeastRecent } from './least-recent.ts';
import { wholeMatch } from './regex-grammar.ts';
import { schemaGrammar } from './schema-grammar.ts';
import { TokenMatcher } from './token-matcher.ts';
import { tokenVocabulary } from './token-vocabulary.ts';
import { type CompiledGrammar, type GrammarCompiler, xgrammar } from './xgrammar.ts';

/** Grammars that are kept compiled. */
const MAX_KEPT = 16;
const SPACE = 0x20;
/** Control tokens that answers may have. */
const SHOWN: ReadonlySet<string> = new Set();

/** What an answer is held to. */
export interface Held {
  constraint: Constraint;
  /** What the answer begins with, which is not its own but counts. */
  start?: string | undefined;
}

/** Holds the answers of one model to grammars. Nothing is loaded until the first one is asked for. */
export class Constrainer {
  readonly #tokenizer: Tokenizer;
  readonly #vocab: number;
  #compiler: Promise<GrammarCompiler> | undefined;
  #spaced: ReadonlySet<number> | undefined;
  readonly #kept = new LeastRecent<string, Promise<CompiledGrammar>>(MAX_KEPT, (compiled) => {
    void compiled.then(
      (grammar) => grammar.dispose(),
      () => {},
    );
  });

  constructor(tokenizer: Tokenizer, vocab: number) {
    this.#tokenizer = tokenizer;
    this.#vocab = vocab;
  }

  /** Fails with `not-supported` for what cannot be followed, and with `bad-input` for what is none. */
  async matcher({ constraint, start = '' }: Held): Promise<TokenMatcher> {
    const grammar = grammarOf(constraint);
    const { GrammarMatcher } = await xgrammar();
    const compiled = await this.#kept.get(grammar, () => this.#compile(grammar));
    const endless = this.#tokenizer.endIds.size === 0;
    const matcher = await GrammarMatcher.createGrammarMatcher(compiled, undefined, endless);
    // Made for tests, says the package, and does what it says
    if (start !== '' && !matcher._acceptString(start)) {
      matcher.dispose();
      throw new HearthError(
        'bad-input',
        'The beginning of the answer does not follow what the whole answer is held to. Change one of them.',
      );
    }
    return new TokenMatcher(matcher, this.#tokenizer, this.#spacedIds(), SHOWN);
  }

  async dispose(): Promise<void> {
    this.#kept.clear();
    const compiler = await this.#compiler?.catch(() => undefined);
    this.#compiler = undefined;
    compiler?.dispose();
  }

  async #compile(grammar: string): Promise<CompiledGrammar> {
    this.#compiler ??= this.#newCompiler();
    const compiler = await this.#compiler;
    try {
      return await compiler.compileGrammar(grammar);
    } catch (cause) {
      throw new HearthError(
        'bad-input',
        'The grammar cannot be read: it must be EBNF as xgrammar and GBNF have it, with a rule `root`.',
        { cause },
      );
    }
  }

  async #newCompiler(): Promise<GrammarCompiler> {
    const { GrammarCompiler } = await xgrammar();
    const vocabulary = await tokenVocabulary(this.#tokenizer, this.#vocab, SHOWN);
    const compiler = await GrammarCompiler.createGrammarCompiler(vocabulary, false);
    vocabulary.dispose();
    return compiler;
  }

  #spacedIds(): ReadonlySet<number> {
    const tokenizer = this.#tokenizer;
    const isSpaced = (id: number) =>
      tokenizer.kind(id) === 'normal' && tokenizer.tokenBytes(id)[0] === SPACE;
    this.#spaced ??= new Set(
      tokenizer.addsSpace === 'never'
        ? []
        : Array.from({ length: this.#vocab }, (_, id) => id).filter(isSpaced),
    );
    return this.#spaced;
  }
}

/** In xgrammar's EBNF. */
export function grammarOf(constraint: Constraint): string {
  switch (constraint.kind) {
    case 'json':
      return schemaGrammar(true);
    case 'json-schema':
      return schemaGrammar(parsed(constraint.schema));
    case 'grammar':
      return constraint.ebnf;
    case 'regex':
      return `root ::= ${patternGrammar(constraint.pattern)}`;
  }
}

function patternGrammar(pattern: string): string {
  try {
    return wholeMatch(pattern);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new HearthError(
      'not-supported',
      `The pattern ${JSON.stringify(pattern.slice(0, 100))} has ${error.message} which answers cannot be held to. Write it without.`,
    );
  }
}

function parsed(schema: string): unknown {
  try {
    return JSON.parse(schema);
  } catch (cause) {
    throw new HearthError('bad-input', 'The JSON schema is no JSON.', { cause });
  }
}
