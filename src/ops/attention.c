/*
 * Scaled dot product attention, composed of products and a softmax.
 */
#include "ops/ops_internal.h"
