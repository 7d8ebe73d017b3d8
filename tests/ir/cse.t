pass: cse opset=13
# Equal nodes and constants are one; an arm sees what was computed outside, not what the other arm computed.
graph opset 13 {
  const %0 : int64[1] = {1}
  const %1 : int64[1] = {1}
  input %x : float32[4]
  input %c : bool[]
  %2 : float32[4,1] = onnx::Unsqueeze(%x, %0)
  %3 : float32[4,1] = onnx::Unsqueeze(%x, %1)
  %4 : float32[4,1] = onnx::Add(%2, %3)
  %5 : float32[4] = onnx::If(%c) {
    %6 : float32[4] = onnx::Neg(%x)
    %7 : float32[4,1] = onnx::Unsqueeze(%x, %1)
    %8 : float32[4,1] = onnx::Neg(%7)
    %9 : float32[4] = onnx::Squeeze(%8, %1)
    %10 : float32[4] = onnx::Add(%6, %9)
    yield %10
  } else {
    %11 : float32[4] = onnx::Neg(%x)
    yield %11
  }
  %12 : float32[4] = onnx::Neg(%x)
  %13 : float32[4] = onnx::LeakyRelu(%x) {alpha = 0.1}
  %14 : float32[4] = onnx::LeakyRelu(%x) {alpha = 0.2}
  output %4 "a"
  output %5 "b"
  output %12 "c"
  output %13 "d"
  output %14 "e"
}
----
graph opset 13 {
  const %0 : int64[1] = {1}
  input %x : float32[4]
  input %c : bool[]
  %1 : float32[4,1] = onnx::Unsqueeze(%x, %0)
  %2 : float32[4,1] = onnx::Add(%1, %1)
  %3 : float32[4] = onnx::If(%c) {
    %4 : float32[4] = onnx::Neg(%x)
    %5 : float32[4,1] = onnx::Neg(%1)
    %6 : float32[4] = onnx::Squeeze(%5, %0)
    %7 : float32[4] = onnx::Add(%4, %6)
    yield %7
  } else {
    %8 : float32[4] = onnx::Neg(%x)
    yield %8
  }
  %9 : float32[4] = onnx::Neg(%x)
  %10 : float32[4] = onnx::LeakyRelu(%x) {alpha = 0.1}
  %11 : float32[4] = onnx::LeakyRelu(%x) {alpha = 0.2}
  output %2 "a"
  output %3 "b"
  output %9 "c"
  output %10 "d"
  output %11 "e"
}
