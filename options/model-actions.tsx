import type { ModelInfo } from '../src/protocol/models.ts';

/** The buttons that make sense for a model in its state. Each says its model's name to a screen reader. */
export function ModelActions(props: {
  model: ModelInfo;
  isDefault: boolean;
  /** On its way to the disk from this very window. */
  isMoving: boolean;
  onDownload: () => void;
  onPause: () => void;
  onMakeDefault: () => void;
  onDelete: () => void;
  onPin: () => void;
  onSave: () => void;
}) {
  const { model, isDefault, isMoving } = props;
  const { state, name, source } = model;
  const button = (text: string, onClick: () => void) => (
    <button type="button" aria-label={`${text}: ${name}`} onClick={onClick}>
      {text}
    </button>
  );
  // Those for tasks come and go as pages ask for them
  const isForTasks = model.makes === 'tasks';
  const isPaused = !isMoving && state === 'paused' && source !== 'file' && !isForTasks;
  const isUsable = state === 'ready' && !model.problem && !isForTasks;
  const isStored = !isMoving && source !== 'bundled' && (state === 'ready' || state === 'paused');
  const isKept = isStored && state === 'ready' && !isForTasks;
  return (
    <div class="model-actions">
      {isMoving && button('Pause', props.onPause)}
      {!isMoving && state === 'available' && button('Download', props.onDownload)}
      {isPaused && button('Resume', props.onDownload)}
      {isUsable && !isDefault && button('Make default', props.onMakeDefault)}
      {isKept && button(model.isPinned ? 'Unpin' : 'Pin', props.onPin)}
      {isKept && button('Save a copy', props.onSave)}
      {isStored && button('Delete', props.onDelete)}
    </div>
  );
}
