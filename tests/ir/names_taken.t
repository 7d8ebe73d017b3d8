pass: names
graph opset 13 {
  input %x : float32[4]
  %0 : float32[4] = onnx::Neg(%x)
  output %0 "x"
}
----
error: output name 'x' is taken by another one [name-taken]
