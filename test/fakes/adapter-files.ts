import type { GgmlTypeName } from '../../models/gguf/ggml-types.ts';
import type { GgufValue } from '../../models/gguf/values.ts';
import { writeGguf } from '../../models/gguf/write-gguf.ts';

export interface AdapterFile {
  metadata?: Record<string, GgufValue | undefined>;
  /** As GGUF has shapes: the innermost length first. Zeros where no values are given. */
  tensors: Record<string, { shape: number[]; values?: Float32Array; type?: GgmlTypeName; data?: Uint8Array }>;
}

/** A LoRA adapter for a llama, in F32. Changes to undefined take an entry away. */
export function adapterFile({ metadata, tensors }: AdapterFile): Uint8Array<ArrayBuffer> {
  const entries: Record<string, GgufValue | undefined> = {
    'general.type': { type: 'string', value: 'adapter' },
    'general.architecture': { type: 'string', value: 'llama' },
    'adapter.type': { type: 'string', value: 'lora' },
    'adapter.lora.alpha': { type: 'float32', value: 16 },
    ...metadata,
  };
  return new Uint8Array(
    writeGguf({
      metadata: Object.entries(entries).filter(
        (entry): entry is [string, GgufValue] => entry[1] !== undefined,
      ),
      tensors: Object.entries(tensors).map(([name, { shape, values, type = 'F32', data }]) => ({
        name,
        type,
        shape,
        data:
          data ??
          new Uint8Array((values ?? new Float32Array(shape.reduce((a, b) => a * b, 1))).slice().buffer),
      })),
    }),
  );
}
