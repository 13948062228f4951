import { useEffect } from 'preact/hooks';
import type { ModelInfo } from '../src/protocol/models.ts';
import { Notice } from '../src/ui/notice.tsx';
import { AddModel } from './add-model.tsx';
import { Hub } from './hub.tsx';
import { ModelCard } from './model-card.tsx';
import { LIST } from './models-store.ts';
import type { OptionsProps } from './options.tsx';

export function Models(props: OptionsProps) {
  const { models, errors, refresh } = props.models;
  const capBytes = props.session.status.value?.caps.memoryBytes;
  // What keeps a model from running depends on the limit that the engine knows
  useEffect(() => {
    if (capBytes !== undefined) void refresh();
  }, [capBytes, refresh]);
  const listError = errors.value.get(LIST);
  const cards = (shown: readonly ModelInfo[]) => (
    <ul class="cards">
      {shown.map((model) => (
        <ModelCard key={model.id} model={model} {...props} />
      ))}
    </ul>
  );
  const isHere = ({ state }: ModelInfo) => state !== 'available';
  const elsewhere = models.value?.filter((model) => !isHere(model)) ?? [];
  return (
    <>
      {listError && <Notice kind="error">{listError}</Notice>}
      <section aria-labelledby="here">
        <h2 id="here">On this machine</h2>
        {models.value ? (
          cards(models.value.filter(isHere))
        ) : (
          <p class="muted">Waiting for the engine to list its models…</p>
        )}
      </section>
      <section aria-labelledby="own">
        <h2 id="own">Add your own</h2>
        <AddModel store={props.models} />
      </section>
      <section aria-labelledby="hub">
        <h2 id="hub">Find more</h2>
        <Hub {...props} />
      </section>
      {elsewhere.length > 0 && (
        <section aria-labelledby="catalogue">
          <h2 id="catalogue">Catalogue</h2>
          <p class="muted">A model is downloaded once and then stays on this machine.</p>
          {cards(elsewhere)}
        </section>
      )}
    </>
  );
}
