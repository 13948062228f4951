// LANE_QUADS at most: 64 quads on a subgroup of four
const MAX_LANE_QUADS = 16u;
const MAX_QUADS = 16u;
