/** Every number that bounds what a stranger can make us hold. */

/** Parts a callee may send before the caller has read one. */
export const PARTS_IN_FLIGHT = 16;
/** Calls that one wire may have open at once. */
export const CALLS_PER_WIRE = 64;
/** Characters of text in one request, all messages together. */
export const MAX_PROMPT_CHARS = 2_000_000;
export const MAX_MESSAGES = 2_000;
export const MAX_STOP_STRINGS = 16;
export const MAX_STOP_CHARS = 256;
export const MAX_MODEL_ID_CHARS = 200;
/** Streamed text is gathered for this long before it is sent: one animation tick at most. */
export const STREAM_TICK_MS = 8;
/** Tokens that may wait unread before the sequence is paused. */
export const MAX_UNREAD_TOKENS = 256;
/** Sequences that one origin may have waiting or running. */
export const MAX_SEQUENCES_PER_ORIGIN = 32;
/** Texts that one request may want vectors of. */
export const MAX_EMBEDDING_INPUTS = 2_048;
/** Values that a vector may be asked to have. */
export const MAX_DIMENSIONS = 131_072;
/** Characters of a URL that a model is downloaded from. */
export const MAX_URL_CHARS = 4_096;
/** Models on disk, downloads under way included. */
export const MAX_STORED_MODELS = 256;
/** One model file: 1 TiB. */
export const MAX_MODEL_BYTES = 2 ** 40;
/** Files of one model, which one name may make us open or fetch. */
export const MAX_MODEL_PARTS = 512;
/** Models that one request for consent may name. */
export const MAX_MODELS_PER_REQUEST = 16;
/** Questions that may wait for the user, all sites together. */
export const MAX_QUESTIONS = 8;
/** Times that the user may close a site's question before it is not asked again until the browser restarts. */
export const MAX_DISMISSALS = 3;
/** Pages and frames of one origin that may be attached at once. */
export const MAX_PAGES_PER_ORIGIN = 256;
/** Characters of a schema, pattern or grammar that an answer is held to. */
export const MAX_CONSTRAINT_CHARS = 256_000;
/** Tools that a session may have, and the characters of one, its schema included. */
export const MAX_TOOLS = 128;
export const MAX_TOOL_CHARS = 64_000;
/** Times in a row that a page's tools may be called before there is an answer. */
export const MAX_TOOL_ROUNDS = 16;
/** Languages that one option may name. */
export const MAX_LANGUAGES = 64;
/** Characters of a text that is only measured: more than any prompt may have, so that it can be told by how much. */
export const MAX_MEASURED_CHARS = 16 * MAX_PROMPT_CHARS;
/** Positions of a text at whose end a token may be timed: no model's context is longer. */
export const MAX_MEASURED_DEPTH = 2 ** 24;
/** Tokens whose logits one request may change. */
export const MAX_BIASES = 1_024;
/** Answers that one request may want: prompts times choices. */
export const MAX_CHOICES = 16;
/** Likeliest tokens that may come along with each token of an answer: in a chat, and in a completion. */
export const MAX_TOP_LOGPROBS = 20;
export const MAX_COMPLETION_TOP_LOGPROBS = 5;
/** Responses that a page may have kept, and the characters of all of them. */
export const MAX_KEPT_RESPONSES = 64;
export const MAX_KEPT_CHARS = 8 * MAX_PROMPT_CHARS;

/** Inputs of one call of a task: texts, images. */
export const MAX_TASK_INPUTS = 512;
/** Labels that one call may choose among, and the characters of one. */
export const MAX_TASK_LABELS = 1_024;
export const MAX_TASK_LABEL_CHARS = 4_096;
/** Bytes of one image as it is sent: a file, or pixels. */
export const MAX_IMAGE_BYTES = 64 * 2 ** 20;
/** Pixels of one image, and of all that one call sends. */
export const MAX_IMAGE_PIXELS = 2 ** 25;
export const MAX_CALL_PIXELS = 2 ** 26;
/** Values of a tensor that a page sends. */
export const MAX_TENSOR_VALUES = 2 ** 24;
/** Audio: bytes of a file, and of one that has to be decoded as a whole (WAV is read piece by piece); seconds; channels; samples for each second. */
export const MAX_AUDIO_BYTES = 4 * 2 ** 30;
export const MAX_DECODED_AUDIO_BYTES = 128 * 2 ** 20;
export const MAX_AUDIO_SECONDS = 4 * 3_600;
/** Seconds of audio that a task hears as a whole. */
export const MAX_WHOLE_AUDIO_SECONDS = 600;
export const MAX_AUDIO_CHANNELS = 32;
export const MIN_AUDIO_RATE = 1_000;
export const MAX_AUDIO_RATE = 768_000;
/** Parts of a form that `hearth.fetch` is sent, and the characters of one. */
export const MAX_FORM_PARTS = 64;
export const MAX_FORM_CHARS = 100_000;
/** Tokens that a task may write. */
export const MAX_TASK_TOKENS = 4_096;
/** Models of several files on disk, and the files of one. */
export const MAX_BUNDLES = 256;
export const MAX_BUNDLE_FILES = 512;
/** Bytes of a file of a bundle that is read as a whole before anything is known of it: a tokenizer's, say. */
export const MAX_BUNDLE_JSON_BYTES = 64 * 2 ** 20;
/** Characters of a file's path within its bundle. */
export const MAX_BUNDLE_PATH_CHARS = 200;

/** Files that sites share (`navigator.crossOriginStorage`): how many, and the bytes of all and of one site. */
export const MAX_SHARED_FILES = 4_096;
export const MAX_SHARED_BYTES = 64 * 2 ** 30;
export const MAX_SHARED_BYTES_PER_ORIGIN = 16 * 2 ** 30;
/** Shared files that one site may be writing at once. */
export const MAX_SHARED_WRITES = 8;
/** Origins that may be named as readers of one shared file. */
export const MAX_SHARED_ORIGINS = 64;
/** Bytes of a shared file that one frame may carry. */
export const MAX_FILE_CHUNK_BYTES = 4 * 2 ** 20;
