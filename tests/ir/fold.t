pass: fold
# Small results of constants and shapes that are known; weights without data stay.
graph opset 13 {
  const %w : float32[2,2] = @"w"
  const %a : int64[2] = {2, 3}
  const %b : int64[1] = {4}
  input %x : float32[2,3]
  input %y : float32[n,3]
  %0 : int64[3] = onnx::Concat(%a, %b) {axis = 0}
  %1 : int64[3] = onnx::Add(%0, %0)
  %2 : int64[2] = onnx::Shape(%x)
  %3 : int64[2] = onnx::Shape(%y)
  %4 : float32[2,2] = onnx::Transpose(%w) {perm = [1, 0]}
  output %1 "a"
  output %2 "b"
  output %3 "c"
  output %4 "d"
}
----
graph opset 13 {
  const %w : float32[2,2] = @"w"
  const %a : int64[2] = {2, 3}
  const %b : int64[1] = {4}
  const %0 : int64[3] = {2, 3, 4}
  const %1 : int64[3] = {4, 6, 8}
  const %2 : int64[2] = {2, 3}
  input %x : float32[2,3]
  input %y : float32[n,3]
  %3 : int64[2] = onnx::Shape(%y)
  %4 : float32[2,2] = onnx::Transpose(%w) {perm = [1, 0]}
  output %1 "a"
  output %2 "b"
  output %3 "c"
  output %4 "d"
}
