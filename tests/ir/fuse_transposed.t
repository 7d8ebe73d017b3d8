pass: fuse fuse
# Output channels of a transposed convolution are axis 1 of its weight, within the group of axis 0.
graph opset 13 {
  const %grouped.weight : float32[2,2,1] = {1, 1, 1, 1}
  const %weight : float32[2,2,1] = {1, 1, 1, 1}
  const %scale4 : float32[4] = {1, 2, 3, 4}
  const %zero4 : float32[4] = {0, 0, 0, 0}
  const %scale2 : float32[2] = {1, 2}
  const %zero2 : float32[2] = {0, 0}
  const %half4 : float32[4] = {0.5, 0.5, 0.5, 0.5}
  const %half2 : float32[2] = {0.5, 0.5}
  input %x : float32[1,2,5]
  %0 : float32[1,4,5] = onnx::ConvTranspose(%x, %grouped.weight) {group = 2}
  %1 : float32[1,4,5] = onnx::BatchNormalization(%0, %scale4, %zero4, %zero4, %half4) {epsilon = 0.5}
  %2 : float32[1,2,5] = onnx::ConvTranspose(%x, %weight)
  %3 : float32[1,2,5] = onnx::BatchNormalization(%2, %scale2, %half2, %zero2, %half2) {epsilon = 0.5}
  output %1 "a"
  output %3 "b"
}
----
graph opset 13 {
  const %grouped.weight.fused : float32[2,2,1] = {1.0, 2.0, 3.0, 4.0}
  const %0 : float32[4] = {0.0, 0.0, 0.0, 0.0}
  const %weight.fused : float32[2,2,1] = {1.0, 2.0, 1.0, 2.0}
  const %1 : float32[2] = {0.5, 0.5}
  input %x : float32[1,2,5]
  %2 : float32[1,4,5] = onnx::ConvTranspose(%x, %grouped.weight.fused, %0) {group = 2}
  %3 : float32[1,2,5] = onnx::ConvTranspose(%x, %weight.fused, %1)
  output %2 "a"
  output %3 "b"
}
