pass: all
# A for loop: trip count, no condition among the parameters; a number is carried.
graph {
  const %true : bool[] = {true}
  input %n : int
  %r : int = prim::Loop(%n, none, 3) {
    param %i : int
    param %acc : int
    %y : int64[] = onnx::Add(%acc, %i)
    yield %true, %y
  }
  output %r "r"
}
----
graph opset 9 {
  ir_version 4
  const %true : bool[] = {true}
  const %constant : int64[] = {3}
  input %n : int64[]
  %r : int64[] = onnx::Loop "Loop"(%n, none, %constant) {
    param %i : int64[]
    param %0 "Loop/condition" : bool[]
    param %acc : int64[]
    %y : int64[] = onnx::Add "Add"(%acc, %i)
    %Identity : bool[] = onnx::Identity "Identity"(%true)
    yield %Identity, %y
  }
  output %r "r"
}
