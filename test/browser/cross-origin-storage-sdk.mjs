// What sites that share files load: the caches of two libraries, as they are published
import { COSBackend } from '../../node_modules/@wllama/wllama/src/storage/cos.ts';
import { CrossOriginStorage } from '../../node_modules/@huggingface/transformers/src/utils/cache/CrossOriginStorageCache.js';

Object.assign(window, { TransformersCache: CrossOriginStorage, WllamaCache: COSBackend });
