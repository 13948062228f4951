import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Bounds, renderTemplate, TemplateError } from './index.ts';

const bounds: Bounds = { clock: () => 0, maxMs: 1, maxSize: 2 ** 20 };

describe('what Python makes of it', () => {
  const golden: {
    names: Record<string, unknown>;
    cases: [source: string, output: string | { error: string }][];
  } = JSON.parse(readFileSync(new URL('../golden/snippets.json', import.meta.url), 'utf8'));
  const names = {
    ...golden.names,
    raise_exception: ([message]: readonly unknown[]) => {
      throw new TemplateError(String(message));
    },
  };

  test.each(golden.cases)('%s', (source, output) => {
    const write = () => renderTemplate(source, names, bounds);
    if (typeof output === 'string') expect(write()).toBe(output);
    else expect(write).toThrow(TemplateError);
  });
});

describe('what a template may not take', () => {
  test.each([
    { why: 'a text repeated', source: "{{ 'ab' * 1000000 }}" },
    { why: 'a list repeated', source: '{{ ([1] * 1000000) | length }}' },
    { why: 'a text replaced by a longer one', source: "{% set x = 'a' * 100000 %}{{ x.replace('a', x) }}" },
    { why: 'a joined text', source: "{% set x = 'a' * 100000 %}{{ x | join(x) }}" },
    { why: 'an indented text', source: "{% set x = '\\n' * 100000 %}{{ x | indent(10000) }}" },
    { why: 'a padded text', source: "{{ 'a'.center(10000000) }}" },
    { why: 'a formatted text', source: "{{ '%9999999s' % 'a' }}" },
    { why: 'an output', source: "{% set x = 'a' * 100000 %}{% for i in range(99) %}{{ x }}{% endfor %}" },
    { why: 'a batch filled up', source: '{{ [1] | batch(10000000, 0) | list | length }}' },
    { why: 'a number without end', source: '{{ 10 ** 999 }}' },
  ])('is refused before it is made: $why', ({ source }) => {
    expect(() => renderTemplate(source, {}, bounds)).toThrow(
      /more than 1048576 characters|beyond all bounds/,
    );
  });
});
