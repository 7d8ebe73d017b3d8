pass: tidy opset=13
# Casts there and back, transposes that undo each other, reshapes in a row, slices of everything, empty pads.
graph opset 13 {
  const %s6 : int64[1] = {6}
  const %s23 : int64[2] = {2, 3}
  const %s32 : int64[2] = {3, 2}
  const %zero : int64[1] = {0}
  const %all : int64[1] = {2}
  const %minus : int64[1] = {-1}
  const %pads : int64[4] = {0, 0, 0, 0}
  input %x : float32[2,3]
  input %i : int32[2,3]
  %0 : float64[2,3] = onnx::Cast(%x) {to = 11}
  %1 : float32[2,3] = onnx::Cast(%0) {to = 1}
  %2 : float32[3,2] = onnx::Transpose(%1) {perm = [1, 0]}
  %3 : float32[2,3] = onnx::Transpose(%2) {perm = [1, 0]}
  %4 : float32[6] = onnx::Reshape(%3, %s6)
  %5 : float32[2,3] = onnx::Reshape(%4, %s23)
  %6 : float32[2,3] = onnx::Slice(%5, %zero, %all, %zero)
  %7 : float32[2,3] = onnx::Pad(%6, %pads) {mode = "constant"}
  %8 : float32[2,3] = onnx::Identity(%7)
  %9 : float32[2,3] = onnx::Neg(%8)
  %10 : float32[6] = onnx::Reshape(%9, %s6)
  %11 : float32[3,2] = onnx::Reshape(%10, %s32)
  %12 : float32[2,3] = onnx::Slice(%x, %minus, %all, %zero, %minus)
  %13 : float32[2,3] = onnx::Cast(%i) {to = 1}
  %14 : int32[2,3] = onnx::Cast(%13) {to = 6}
  output %11 "merged"
  output %12 "a flip stays"
  output %14 "int32 does not fit into float32"
}
----
graph opset 13 {
  const %s32 : int64[2] = {3, 2}
  const %zero : int64[1] = {0}
  const %all : int64[1] = {2}
  const %minus : int64[1] = {-1}
  input %x : float32[2,3]
  input %i : int32[2,3]
  %0 : float32[2,3] = onnx::Neg(%x)
  %1 : float32[3,2] = onnx::Reshape(%0, %s32)
  %2 : float32[2,3] = onnx::Slice(%x, %minus, %all, %zero, %minus)
  %3 : float32[2,3] = onnx::Cast(%i) {to = 1}
  %4 : int32[2,3] = onnx::Cast(%3) {to = 6}
  output %1 "merged"
  output %2 "a flip stays"
  output %4 "int32 does not fit into float32"
}
