import { createHash } from 'node:crypto';
import type { DownloadRequest } from '../../src/storage/download-model.ts';
import { DiskRoom } from '../../src/storage/disk-room.ts';
import { ModelStore } from '../../src/storage/model-store.ts';
import type { StoreOptions } from '../../src/storage/store-options.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { FakeTime } from './time.ts';

/** Bytes that begin as a GGUF file does and go on with noise. */
export function modelBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = seed; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 24;
  }
  bytes.set([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0]);
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A store on a disk in memory, with all that it stands on at hand. */
export async function storeOn(directory = new MemoryDirectory(), options: Partial<StoreOptions> = {}) {
  const time = new FakeTime();
  const store = await ModelStore.open({
    directory,
    room: new DiskRoom(),
    time,
    fetch,
    estimate: async () => ({ usage: directory.usedBytes, quota: 1e12 }),
    isOnline: () => true,
    check: async () => ({}),
    ...options,
  });
  return { store, directory, time };
}

export function request(url: URL, options: Partial<DownloadRequest> = {}): DownloadRequest {
  return { id: 'tiny', name: 'Tiny', source: 'url', url, ...options };
}

/** Somebody who waits for a model to the end. */
export function follower() {
  const parts: { receivedBytes: number; sizeBytes: number; phase: string }[] = [];
  const controller = new AbortController();
  return {
    parts,
    signal: controller.signal,
    leave: () => controller.abort(),
    onProgress: (part: (typeof parts)[number]) => void parts.push(part),
  };
}

export async function bytesOf(store: ModelStore, id: string): Promise<Uint8Array> {
  const source = await store.open(id);
  try {
    return await source.read(0, source.size);
  } finally {
    source.close();
  }
}
