import type { KeyStore } from '../../mesh/identity/identity.ts';

const DATABASE = 'hearth-identity';
const STORE = 'keys';
const KEY = 'ed25519';

/** In IndexedDB, which alone can keep a key that nobody can read. */
export const indexedKeyStore: KeyStore = {
  async get() {
    return (await inStore('readonly', (store) => store.get(KEY))) as CryptoKeyPair | undefined;
  },
  async put(pair) {
    await inStore('readwrite', (store) => store.put(pair, KEY));
  },
};

async function inStore(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest,
): Promise<unknown> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = (await done(opening)) as IDBDatabase;
  try {
    return await done(work(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function done(request: IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
