/*
 * Moving elements between channels and space: pixel_shuffle, pixel_unshuffle, channel_shuffle.
 */
#include "ops/ops_internal.h"
