// @ts-check
// The table of measured errors: of what tests noted, and as a page.

export const TYPE_FORMS = ['mat-vec', 'mat-mat', 'embedding', 'experts', 'model'];
export const ARCHITECTURE_FORMS = ['prefill', 'decode', 'batch', 'long context'];

/**
 * The largest error of each form on one adapter.
 * @typedef {object} Figures
 * @property {string} adapter
 * @property {Record<string, Record<string, number>>} types
 * @property {Record<string, Record<string, number>>} architectures
 */

/**
 * @param {string} notes Lines of JSON, as `test/measured.ts` writes them
 * @returns {Figures}
 */
export function figuresOf(notes) {
  /** @type {Figures} */
  const figures = { adapter: '', types: {}, architectures: {} };
  for (const line of notes.split('\n').filter(Boolean)) {
    const { adapter, kind, name, form, error } = JSON.parse(line);
    if (adapter !== undefined) {
      if (figures.adapter !== '' && figures.adapter !== adapter)
        throw new Error(`The notes are of two adapters: ${figures.adapter} and ${adapter}.`);
      figures.adapter = adapter;
      continue;
    }
    const rows = kind === 'type' ? figures.types : figures.architectures;
    const row = (rows[name] ??= {});
    row[form] = Math.max(row[form] ?? 0, Number(error.toPrecision(2)));
  }
  return figures;
}

/**
 * @param {readonly Figures[]} machines
 * @returns {string} Markdown
 */
export function exactnessPage(machines) {
  return `# How exact Hearth is

Tests write this page (\`npm run table\`): each number is the largest relative error, ‖ours − reference‖ / ‖reference‖, that
they measured. Weights are judged by the type's definition in f64, \`model\` by the logits of a whole model of that type;
architectures by the logits of Hugging Face transformers in f32, for tiny models of random weights. Everything is in f32;
where a GPU has integer dot products, answers round activations to int8 besides, which is left out here.

## Types of weights

${table('type', machines, 'types', TYPE_FORMS)}
## Architectures

A short text at once, the same a token at a time, texts of different lengths side by side, and a text past every window and
original context. Models that make vectors read whole texts only.

${table('architecture', machines, 'architectures', ARCHITECTURE_FORMS)}`;
}

const README_MARKS = ['<!-- exactness: written by npm run table -->\n', '<!-- end of exactness -->'];

/**
 * The README with the tables between its marks.
 * @param {string} readme
 * @param {readonly Figures[]} machines
 */
export function withTables(readme, machines) {
  const [begin, end] = README_MARKS.map((mark) => readme.indexOf(mark));
  if (begin === -1 || end === -1)
    throw new Error(`README.md lacks the mark ${README_MARKS[begin === -1 ? 0 : 1]}`);
  const folded = (/** @type {string} */ title, /** @type {string} */ body) =>
    `<details><summary>${title}</summary>\n\n${body}\n</details>\n\n`;
  const tables =
    folded('Types of weights', table('type', machines, 'types', TYPE_FORMS)) +
    folded('Architectures', table('architecture', machines, 'architectures', ARCHITECTURE_FORMS));
  return readme.slice(0, begin) + README_MARKS[0] + tables + readme.slice(end);
}

/**
 * @param {string} what
 * @param {readonly Figures[]} machines
 * @param {'types' | 'architectures'} kind
 * @param {readonly string[]} forms
 */
function table(what, machines, kind, forms) {
  const names = [...new Set(machines.flatMap((figures) => Object.keys(figures[kind])))].sort();
  const lines = machines.map(({ adapter, [kind]: rows }) => {
    const body = names.map((name) => line([name, ...forms.map((form) => shown(rows[name]?.[form]))]));
    return `On ${adapter}:\n\n${[line([what, ...forms]), line(['---', ...forms.map(() => '---:')]), ...body].join('\n')}\n`;
  });
  return lines.join('\n');
}

/** @param {readonly string[]} cells */
function line(cells) {
  return `| ${cells.join(' | ')} |`;
}

/** @param {number | undefined} error */
function shown(error) {
  if (error === undefined) return '—';
  return error === 0 ? '0' : error.toExponential(1);
}
