/** Every number that bounds what a peer can make us hold or do. */

/** Machines of a room, this one included. */
export const MAX_PEERS = 32;
export const MAX_CHAIN_STAGES = 16;
/** Stages that a machine runs for one other machine. */
export const MAX_STAGES_PER_PEER = 4;
export const MAX_LAYERS = 512;
export const MAX_DIM = 65_536;
export const MAX_SLOTS = 64;
export const MAX_STEP_ROWS = 2_048;
export const MAX_PAGE_CHANGES = 4_096;
export const MAX_CONTEXT = 1_048_576;
/** Groups of layers with page tables of their own. */
export const MAX_PAGE_GROUPS = 8;
export const MAX_CACHE_PAGES = 1_048_576;
/** One activation frame. */
export const MAX_ACTIVATION_BYTES = 64 * 2 ** 20;
/** Any other frame. */
export const MAX_CONTROL_BYTES = 256 * 1024;
/** Steps of a chain that may be under way at once. */
export const MAX_STEPS_IN_FLIGHT = 32;
/** Frames of a chain that came before their turn. */
export const MAX_EARLY_FRAMES = 32;
/** Models that a heartbeat speaks of, by kind of news. */
export const MAX_MODELS_IN_BEAT = 16;
export const MAX_PIECES = 65_536;
export const MAX_PIECE_BYTES = 16 * 2 ** 20;
/** Of a model's manifest. */
export const MAX_MANIFEST_BYTES = 4 * 2 ** 20;
/** Files of one model. */
export const MAX_PARTS = 256;
export const MAX_URL_BYTES = 2_048;
/** Bytes of a piece that travel in one frame. */
export const CHUNK_BYTES = 64 * 1024;
/** Chunks asked of one peer that have not come. */
export const CHUNKS_IN_FLIGHT = 4;
/** Chunks that a peer may have asked of us and not been sent. */
export const MAX_WANTS_PER_PEER = 16;
/** Bytes of ours that may wait in a link before chunks for it wait too. */
export const BULK_HIGH_WATER = 256 * 1024;
/** Tasks of a peer whose seals have not been looked at. */
export const MAX_TASKS_WAITING = 64;
/** Frames that a peer may send in a second, and how many it may save up. */
export const FRAMES_PER_SECOND = 4_000;
export const FRAME_BURST = 8_000;
export const MAX_NAME_BYTES = 64;
/** A reason in words, as it travels. */
export const MAX_REASON_BYTES = 400;
export const MAX_SIGNAL_BYTES = 16 * 1024;
