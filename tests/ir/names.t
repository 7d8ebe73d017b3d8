pass: names
graph opset 13 {
  const %conv.weight : float32[2,1,3,3] = @"conv.weight"
  const %0 : int64[1] = {1}
  input %INPUT__0 : float32[1,1,8,8]
  input %1 : int64[]
  %2 : float32[1,2,6,6] = onnx::Conv(%INPUT__0, %conv.weight)  # encoder.0.conv net.py:3
  %3 : float32[1,2,6,6] = onnx::Conv(%INPUT__0, %conv.weight)  # encoder.0.conv net.py:3
  %4 : float32[1,2,6,6] = onnx::Relu(%2)
  %5 : float32[1,2,6,6] = onnx::Relu(%3)
  %6 : float32[1,2,3,6], %7 : float32[1,2,3,6] = onnx::Split(%5) {axis = 2}  # up net.py:4
  %8 : float32[1,2,3,6] = onnx::Loop(%1, none, %6) {  # up net.py:5
    param %9 : int64[]
    param %10 : bool[]
    param %11 : float32[1,2,3,6]
    %12 : bool[] = onnx::Identity(%10)
    %13 : float32[1,2,3,6] = onnx::Add(%11, %7)  # up net.py:6
    yield %12, %13
  }
  %14 : float32[1,2,6,6] = onnx::Add(%4, %5)
  output %14 "OUTPUT__0"
  output %8
}
----
graph opset 13 {
  const %conv.weight : float32[2,1,3,3] = @"conv.weight"
  const %constant : int64[1] = {1}
  input %INPUT__0 : float32[1,1,8,8]
  input %INPUT__1 : int64[]
  %0 "encoder.0.conv/Conv" : float32[1,2,6,6] = onnx::Conv "encoder.0.conv/Conv"(%INPUT__0, %conv.weight)  # encoder.0.conv net.py:3
  %1 "encoder.0.conv/Conv_1" : float32[1,2,6,6] = onnx::Conv "encoder.0.conv/Conv_1"(%INPUT__0, %conv.weight)  # encoder.0.conv net.py:3
  %Relu : float32[1,2,6,6] = onnx::Relu "Relu"(%0)
  %Relu_1 : float32[1,2,6,6] = onnx::Relu "Relu_1"(%1)
  %2 "up/Split" : float32[1,2,3,6], %3 "up/Split:1" : float32[1,2,3,6] = onnx::Split "up/Split"(%Relu_1) {axis = 2}  # up net.py:4
  %OUTPUT__1 : float32[1,2,3,6] = onnx::Loop "up/Loop"(%INPUT__1, none, %2) {  # up net.py:5
    param %4 "up/Loop/iteration" : int64[]
    param %5 "up/Loop/condition" : bool[]
    param %6 "up/Loop/carried" : float32[1,2,3,6]
    %Identity : bool[] = onnx::Identity "Identity"(%5)
    %7 "up/Add" : float32[1,2,3,6] = onnx::Add "up/Add"(%6, %3)  # up net.py:6
    yield %Identity, %7
  }
  %OUTPUT__0 : float32[1,2,6,6] = onnx::Add "Add"(%Relu, %Relu_1)
  output %OUTPUT__0 "OUTPUT__0"
  output %OUTPUT__1 "OUTPUT__1"
}
