import { useSignal } from '@preact/signals';
import type { ModelInfo } from '../src/protocol/models.ts';
import { BUNDLED_MODEL } from '../src/protocol/settings.ts';
import { Confirm } from '../src/ui/confirm.tsx';
import { formatBytes } from '../src/ui/format.ts';
import { Notice } from '../src/ui/notice.tsx';
import { chooseFile } from './choose-file.ts';
import { focusHeading } from './focus-heading.ts';
import { ModelActions } from './model-actions.tsx';
import { ModelAdapters } from './model-adapters.tsx';
import { ModelFacts } from './model-facts.tsx';
import type { OptionsProps } from './options.tsx';
import { TransferProgress } from './transfer-progress.tsx';

/** One model: what it is, what it needs, what is happening to it, and what can be done about that. */
export function ModelCard({ model, session, settings, models }: OptionsProps & { model: ModelInfo }) {
  const isAsking = useSignal(false);
  const isSaved = useSignal(false);
  const { settings: current, change } = settings;
  const isDefault = current.value?.defaultModel === model.id;
  const status = session.status.value;
  const isRunning = status?.running.some((sequence) => sequence.model === model.id) ?? false;
  const loaded = status?.loaded.find(({ id }) => id === model.id);
  const transfer = models.transfers.value.find(
    ({ key, progress }) => key === model.id || progress?.model === model.id,
  );
  const error = models.errors.value.get(model.id);
  const capBytes = current.value?.caps.memoryBytes;
  // Said among the facts, by the limit as it is now
  const isTooLarge =
    capBytes !== undefined && model.memoryBytes !== undefined && model.memoryBytes > capBytes;

  async function save(): Promise<void> {
    const into = await chooseFile(`${model.name}.gguf`);
    if (into && (await models.saveCopy(model, into))) isSaved.value = true;
  }

  function remove(): void {
    // Pages that name no model must still be answered
    if (isDefault) change({ defaultModel: BUNDLED_MODEL });
    void models.remove(model).then(focusHeading);
  }

  return (
    <li class="card model" aria-label={model.name}>
      <div class="model-head">
        <h3 class="cut" title={model.name}>
          {model.name}
        </h3>
        {isDefault && <span class="badge good">Default</span>}
        {loaded && <span class="badge">In memory</span>}
        {model.isPinned && (
          <span class="badge" title="It never goes to make room for others">
            Pinned
          </span>
        )}
        {!model.tried && model.source === 'catalog' && (
          <span class="badge warning" title="The people who listed this file have not run it in Hearth yet">
            Not tried yet
          </span>
        )}
      </div>
      <ModelActions
        model={model}
        isDefault={isDefault}
        isMoving={transfer !== undefined}
        onDownload={() => models.download(model)}
        onPause={() => models.pause(model.id)}
        onMakeDefault={() => change({ defaultModel: model.id })}
        onDelete={() => (isAsking.value = true)}
        onPin={() => void models.pin(model, !model.isPinned)}
        onSave={() => void save()}
      />
      <ModelFacts model={model} capBytes={capBytes} />
      <TransferProgress model={model} transfer={transfer} />
      {loaded && model.makes !== 'tasks' && (
        <ModelAdapters model={model} adapters={loaded.adapters ?? []} store={models} />
      )}
      {model.problem && !isTooLarge && <Notice kind="warning">{model.problem}</Notice>}
      {error && <Notice kind="error">{error}</Notice>}
      {isSaved.value && (
        <Confirm
          question={`Move ${model.name} out of Hearth?`}
          detail={`The copy is saved. Deleting Hearth’s own frees ${formatBytes(model.storedBytes)}. Hearth cannot read the saved file by itself: to use the model again, drop that file here.`}
          action="Delete Hearth’s copy"
          onConfirm={remove}
          onClose={() => (isSaved.value = false)}
        />
      )}
      {isAsking.value && (
        <Confirm
          question={`Delete ${model.name}?`}
          detail={describeLoss(model, isRunning)}
          action="Delete"
          onConfirm={remove}
          onClose={() => (isAsking.value = false)}
        />
      )}
    </li>
  );
}

function describeLoss(model: ModelInfo, isRunning: boolean): string {
  const freed = `This frees ${formatBytes(model.storedBytes)}.`;
  const back =
    model.source === 'file' || model.source === 'folder'
      ? `Hearth’s copy of the ${model.source} goes; to use it again you add the ${model.source} again.`
      : 'To use it again you download it again.';
  return `${freed} ${back}${isRunning ? ' It is answering a page now, and that answer ends.' : ''}`;
}
