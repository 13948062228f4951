import type { ModelInfo, ModelMakes } from '../src/protocol/models.ts';
import { formatBytes, formatContext } from '../src/ui/format.ts';

const MAKES: Record<ModelMakes, string> = {
  chat: 'Chats and writes',
  text: 'Goes on with a text, and does not chat',
  embeddings: 'Makes embeddings for search, and writes nothing',
  tasks: 'For tasks that pages ask for by name',
};

/** What a model is and what it takes, against the user's memory limit. */
export function ModelFacts({ model, capBytes }: { model: ModelInfo; capBytes: number | undefined }) {
  const { about, sizeBytes, memoryBytes, contextLength, makes, licence } = model;
  const facts = [
    makes && MAKES[makes],
    formatBytes(sizeBytes),
    contextLength && `${formatContext(contextLength)} tokens of context`,
    licence ? `${licence} licence` : 'Licence not stated',
  ];
  return (
    <div class="model-facts">
      {about && <p>{about}</p>}
      <p class="muted">{facts.filter(Boolean).join(' · ')}</p>
      {memoryBytes !== undefined && <MemoryNeed memoryBytes={memoryBytes} capBytes={capBytes} />}
    </div>
  );
}

function MemoryNeed({ memoryBytes, capBytes }: { memoryBytes: number; capBytes: number | undefined }) {
  const need = `Needs ${formatBytes(memoryBytes)} of memory`;
  if (capBytes === undefined) return <p class="muted">{need}</p>;
  if (memoryBytes <= capBytes) {
    return (
      <p class="muted">{`Needs ${formatBytes(memoryBytes)} of your ${formatBytes(capBytes)} of memory`}</p>
    );
  }
  return (
    <p class="over">
      {`${need}, more than your limit of ${formatBytes(capBytes)}. `}
      <a href="#limits">Change the limit</a>
    </p>
  );
}
