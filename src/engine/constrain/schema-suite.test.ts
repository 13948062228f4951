import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HearthError } from '../../protocol/errors.ts';
import { schemaGrammar } from './schema-grammar.ts';
import { xgrammar } from './xgrammar.ts';

// The JSON Schema organisation's own tests, which lie beside the checkout
const folder = join(import.meta.dirname, '../../../../shared/data/json-schema-test-suite/tests');
const drafts = existsSync(folder) ? readdirSync(folder) : [];

interface Group {
  description: string;
  schema: unknown;
  tests: { description: string; data: unknown; valid: boolean }[];
}

test.skipIf(drafts.length === 0)(
  'of the JSON Schema test suite, no wrong value is within the grammar of its schema',
  async () => {
    const { Grammar, Testings } = await xgrammar();
    const wrong: string[] = [];
    const seen = { groups: 0, refused: 0, invalid: 0, valid: 0, reached: 0 };
    for (const draft of drafts) {
      for (const file of readdirSync(join(folder, draft)).filter((name) => name.endsWith('.json'))) {
        const groups: Group[] = JSON.parse(readFileSync(join(folder, draft, file), 'utf8'));
        for (const { description, schema, tests } of groups) {
          seen.groups++;
          const name = `${draft}/${file} ${description}`;
          let text: string;
          try {
            text = schemaGrammar(schema);
          } catch (error) {
            if (!(error instanceof HearthError)) throw error;
            expect(error.message, name).toMatch(/JSON schema|pattern/);
            seen.refused++;
            continue;
          }
          const grammar = await Grammar.fromEBNF(text);
          for (const { description: what, data, valid } of tests) {
            const isReached = await Testings.isGrammarAcceptString(grammar, JSON.stringify(data));
            seen[valid ? 'valid' : 'invalid']++;
            if (valid && isReached) seen.reached++;
            if (!valid && isReached)
              wrong.push(`${name}: ${what}: ${JSON.stringify(data)} of ${JSON.stringify(schema)}`);
          }
          grammar.dispose();
        }
      }
    }
    expect(wrong).toEqual([]);
    // It would be easy to be right by refusing or reaching nothing
    expect(seen.groups - seen.refused).toBeGreaterThan(140);
    expect(seen.invalid).toBeGreaterThan(200);
    expect(seen.reached).toBeGreaterThan(220);
  },
  60_000,
);
