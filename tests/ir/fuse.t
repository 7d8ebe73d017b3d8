pass: fuse fuse
# Weight and bias take the scale 2 / sqrt(3 + 1) = 1 and 4 / sqrt(3 + 1) = 2; a convolution used twice stays.
graph opset 13 {
  const %conv.weight : float32[2,1,1,1] = {3, 5}
  const %bias : float32[2] = {1, 1}
  const %scale : float32[2] = {2, 4}
  const %shift : float32[2] = {0.5, 0.25}
  const %mean : float32[2] = {2, 0}
  const %var : float32[2] = {3, 3}
  input %x : float32[1,1,4,4]
  %0 : float32[1,2,4,4] = onnx::Conv(%x, %conv.weight, %bias) {group = 1}  # enc.conv net.py:1
  %1 : float32[1,2,4,4] = onnx::BatchNormalization(%0, %scale, %shift, %mean, %var) {epsilon = 1.0}
  %2 : float32[1,2,4,4] = onnx::Conv(%x, %conv.weight)
  %3 : float32[1,2,4,4] = onnx::BatchNormalization(%2, %scale, %shift, %mean, %var) {epsilon = 1.0}
  %4 : float32[1,2,4,4] = onnx::Add(%2, %3)
  output %1 "a"
  output %4 "b"
}
----
graph opset 13 {
  const %conv.weight : float32[2,1,1,1] = {3.0, 5.0}
  const %scale : float32[2] = {2.0, 4.0}
  const %shift : float32[2] = {0.5, 0.25}
  const %mean : float32[2] = {2.0, 0.0}
  const %var : float32[2] = {3.0, 3.0}
  const %conv.weight.fused : float32[2,1,1,1] = {3.0, 10.0}
  const %bias.fused : float32[2] = {-0.5, 2.25}
  input %x : float32[1,1,4,4]
  %0 : float32[1,2,4,4] = onnx::Conv(%x, %conv.weight.fused, %bias.fused) {group = 1}  # enc.conv net.py:1
  %1 : float32[1,2,4,4] = onnx::Conv(%x, %conv.weight)
  %2 : float32[1,2,4,4] = onnx::BatchNormalization(%1, %scale, %shift, %mean, %var) {epsilon = 1.0}
  %3 : float32[1,2,4,4] = onnx::Add(%1, %2)
  output %0 "a"
  output %3 "b"
}
