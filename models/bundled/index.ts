/** The model that ships with Hearth: what screens say of it before its file is read. MODEL_CARD.md has the rest. */
export const bundled = {
  id: 'hearthside',
  name: 'Hearthside 25M',
  file: 'hearthside-25m.gguf',
  about: 'Tells short tales in the manner of old English novels. Small, quick, and no source of facts.',
  sizeBytes: 15_619_520,
  licence: 'MIT',
  contextLength: 1024,
  makes: 'chat',
  memoryBytes: 50_000_000,
} as const;
