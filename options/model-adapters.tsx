import type { ModelInfo } from '../src/protocol/models.ts';
import type { ModelsStore } from './models-store.ts';

/** The LoRA adapters beside a model in memory: they go when it does. */
export function ModelAdapters({
  model,
  adapters,
  store,
}: {
  model: ModelInfo;
  adapters: readonly string[];
  store: ModelsStore;
}) {
  return (
    <div class="model-adapters small">
      {adapters.map((adapter) => (
        <p key={adapter}>
          With the adapter {adapter}{' '}
          <button
            type="button"
            aria-label={`Remove the adapter ${adapter}: ${model.name}`}
            onClick={() => void store.removeAdapter(model, adapter)}
          >
            Remove
          </button>
        </p>
      ))}
      <label>
        Add a LoRA adapter, until {model.name} leaves memory{' '}
        <input
          type="file"
          accept=".gguf"
          onChange={({ currentTarget }) => {
            for (const file of currentTarget.files ?? []) void store.addAdapter(model, file);
            // So that the same file can be chosen again after an error
            currentTarget.value = '';
          }}
        />
      </label>
    </div>
  );
}
