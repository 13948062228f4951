const MAX_QUADS = 64;  // heads of up to 256
