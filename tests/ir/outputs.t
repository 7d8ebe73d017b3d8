pass: outputs
# An Identity where an output is an input, a constant or there twice; nowhere else.
graph opset 13 {
  const %w : float32[1] = {1}
  input %x : float32[4]
  %0 : float32[4] = onnx::Neg(%x)
  output %0 "first"
  output %0 "second"
  output %x "input"
  output %w "constant"
}
----
graph opset 13 {
  const %w : float32[1] = {1.0}
  input %x : float32[4]
  %0 : float32[4] = onnx::Neg(%x)
  %1 : float32[4] = onnx::Identity(%0)
  %2 : float32[4] = onnx::Identity(%x)
  %3 : float32[1] = onnx::Identity(%w)
  output %0 "first"
  output %1 "second"
  output %2 "input"
  output %3 "constant"
}
