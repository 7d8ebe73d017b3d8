/*
 * Resampling of images on a regular grid: upsample_nearest, linear, bilinear, trilinear, bicubic and the
 * antialiased ones. From opset 11 on a Resize; before it, index tables and matrix products say the same.
 */
#include "ops/spatial.h"
