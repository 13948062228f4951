/** Every number that bounds what a peer can make a link hold, and what a link makes the network hold. */

/** Activation frames under way and not yet acknowledged; a sender waits, a receiver refuses more. */
export const MAX_FRAMES_UNDER_WAY = 256;
export const MAX_BYTES_UNDER_WAY = 96 * 2 ** 20;
/** Activations that wait behind those: a caller who heeds `bufferedBytes` never gets here. */
export const MAX_WAITING_BYTES = 128 * 2 ** 20;

/** What a path of activations may hold unsent: more would only wait in SCTP where it cannot be called back. */
export const PATH_HIGH_WATER_BYTES = 128 * 1024;

/** One frame of the bulk lane. */
export const MAX_BULK_BYTES = 8 * 2 ** 20;
/** One message of an ordered channel; SCTP takes 256 KB at most, and small ones share better. */
export const CHUNK_BYTES = 60 * 1024;
/** Bulk that SCTP may hold; less while activations flow, so that the two do not queue behind each other. */
export const BULK_HIGH_WATER_BYTES = 256 * 1024;
export const BULK_LOW_WATER_BYTES = 64 * 1024;
