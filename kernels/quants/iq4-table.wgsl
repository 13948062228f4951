// The 16 values of IQ4_NL and IQ4_XS plus 128, from -127 to 113: finer near 0, where most weights are
const TABLE = vec4<u32>(0x3f2d1801u, 0x766a5d4fu, 0xa6998d81u, 0xf1d9c5b5u);

