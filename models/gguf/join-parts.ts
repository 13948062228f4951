import { badModel, quoted, unsupportedModel } from '../errors.ts';
import { Metadata } from './metadata.ts';
import type { Gguf, TensorInfo } from './read-gguf.ts';

/** More than anybody has published. */
const MAX_PARTS = 512;
const COUNT = 'split.count';
const NUMBER = 'split.no';
const TENSORS = 'split.tensors.count';

/**
 * Makes one model of the headers of its files, as they are read. The first file has the model's metadata, the others
 * only say which part they are (llama.cpp's `gguf-split`). Fails with a `ModelError` if a part is missing, or is one of
 * another model.
 */
export class PartJoiner {
  readonly #tensors = new Map<string, TensorInfo>();
  #first: Gguf | undefined;
  #added = 0;

  /** `given` is how many files there are. */
  constructor(private readonly given: number) {}

  /** The next part, with the offsets of its tensors counted from the first part's start. */
  add(part: Gguf): void {
    this.#added++;
    checkKeys(part.metadata);
    if (this.#first) checkPart(part.metadata, this.#first.metadata, this.#added, this.given);
    else checkFirst(part.metadata, this.given);
    this.#first ??= part;

    for (const [name, tensor] of part.tensors) {
      if (this.#tensors.has(name))
        throw badModel(
          `Part ${this.#added} of ${this.given} has the tensor ${quoted(name)}, which an earlier part has too. They are of different models: get all parts from one place.`,
        );
      this.#tensors.set(name, tensor);
    }
  }

  /** The whole, when all parts have been added. What said that it was split is gone from its metadata. */
  joined(): Gguf {
    const first = this.#first!;
    const tensors = this.#tensors;
    const promised = first.metadata.integer(TENSORS, tensors.size);
    if (promised !== tensors.size)
      throw badModel(
        `The model should have ${promised} tensors, but has ${tensors.size} in ${this.given} files. Get all parts from one place again.`,
      );
    const entries = [...first.metadata.entries].filter(([key]) => !key.startsWith('split.'));
    return { ...first, metadata: new Metadata(new Map(entries)), tensors };
  }
}

/** 0 is what merging leaves behind. */
function countOf(metadata: Metadata): number {
  return metadata.integer(COUNT, 1) || 1;
}

function checkFirst(metadata: Metadata, given: number): void {
  const count = countOf(metadata);
  if (count < 1 || count > MAX_PARTS)
    throw unsupportedModel(
      `The model is split into ${count} parts, and Hearth reads models of 1 to ${MAX_PARTS}. Get another version of the model.`,
    );
  const which = count > 1 ? `part ${metadata.integer(NUMBER) + 1} of ${count}` : 'a whole model';
  if (count > 1 && given === 1)
    throw badModel(
      `This file is ${which} of a model, and the others are missing. Choose all parts together, with the names that they were published with (…-00001-of-${String(count).padStart(5, '0')}.gguf and so on).`,
    );
  if (count !== given || (count > 1 && metadata.integer(NUMBER) !== 0))
    throw badModel(
      `The file in the place of part 1 of ${given} is ${which}. Give the parts the names that they were published with.`,
    );
}

/** The part says that it is the one that it should be, and says nothing of the model that the first one does not. */
function checkPart(metadata: Metadata, first: Metadata, number: number, given: number): void {
  const count = countOf(metadata);
  const says = count > 1 ? `part ${metadata.integer(NUMBER) + 1} of ${count}` : 'a whole model';
  const wanted = `part ${number} of ${given}`;
  if (says !== wanted)
    throw badModel(
      `The file in the place of ${wanted} is ${says}. Give the parts the names that they were published with.`,
    );
  for (const [key, { type, value }] of metadata.entries) {
    const isSame = type !== 'array' && Object.is(first.entries.get(key)?.value, value);
    if (key !== NUMBER && !isSame)
      throw badModel(
        `The file in the place of ${wanted} does not say of ${quoted(key)} what the first part says: it is of another model. Get all parts from one place.`,
      );
  }
}

function checkKeys({ entries }: Metadata): void {
  for (const key of entries.keys()) {
    if (key.startsWith('split.') && ![COUNT, NUMBER, TENSORS].includes(key))
      throw unsupportedModel(
        `The model's metadata has ${quoted(key)}, and of how a model is split Hearth knows ${COUNT}, ${NUMBER} and ${TENSORS}. Get another version of the model.`,
      );
  }
}
