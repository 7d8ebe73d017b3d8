/*
 * Adaptive pooling: windows that divide the input evenly as sliding windows, others by matrices.
 */
#include "ops/ops_internal.h"
