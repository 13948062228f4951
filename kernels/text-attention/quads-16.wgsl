const MAX_QUADS = 16;  // heads of up to 64
