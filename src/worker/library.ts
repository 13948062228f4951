import { bundled } from '../../models/bundled/index.ts';
import { catalog } from '../../models/catalog/index.ts';
import type { Engine } from '../engine/engine.ts';
import { layOutWeights } from '../engine/layout.ts';
import { whatItMakes } from '../engine/loaded-model.ts';
import { type ModelFile, readModelFile } from '../engine/model-file.ts';
import { leastMemoryBytes } from '../engine/plan.ts';
import type { ModelMakes } from '../protocol/models.ts';
import type { DiskRoom } from '../storage/disk-room.ts';
import { ModelLibrary } from '../storage/model-library.ts';
import { ModelStore } from '../storage/model-store.ts';
import { openOpfsDirectory } from '../storage/opfs-directory.ts';
import { systemTime } from '../storage/time.ts';

/** Every model that this machine has or could have. */
export async function openLibrary(engine: Engine, room: DiskRoom): Promise<ModelLibrary> {
  const store = await ModelStore.open({
    directory: await openOpfsDirectory('models'),
    room,
    time: systemTime,
    fetch: fetch.bind(globalThis),
    estimate: () => navigator.storage.estimate(),
    isOnline: () => navigator.onLine,
    async check(source) {
      const file = await readModelFile(source);
      const { gguf, config, tensors } = file;
      // Refuses what the engine does not compute with before gigabytes of it have come
      const { bytes } = layOutWeights(tensors, Number.MAX_SAFE_INTEGER);
      return {
        licence: gguf.metadata.string('general.license', undefined),
        contextLength: config.contextLength,
        makes: makesOf(file),
        memoryBytes: leastMemoryBytes(config, bytes),
      };
    },
  });
  return new ModelLibrary({
    bundled: { ...bundled, url: new URL(`/models/bundled/${bundled.file}`, location.origin).href },
    catalog,
    store,
    problem: (model) => engine.problem(model),
  });
}

function makesOf(file: ModelFile): Exclude<ModelMakes, 'tasks'> {
  if (whatItMakes(file) === 'vectors') return 'embeddings';
  return file.chatTemplate === undefined ? 'text' : 'chat';
}
