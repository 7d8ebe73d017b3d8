/*
 * Sampling images at given points: grid_sampler and affine_grid_generator.
 */
#include "ops/ops_internal.h"
