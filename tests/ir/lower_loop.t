pass: all opset=13
# No trip count, a condition, one carried value, one that feeds nothing but itself, a scan output.
graph {
  input %x : float32[4]
  input %go : bool
  %r : float32[4], %dead : float32[4], %scan : float32[n,4] = prim::Loop(none, %go, %x, %x) {  # rnn net.py:9
    param %i : int
    param %cond : bool
    param %h : float32[4]
    param %g : float32[4]
    %y : float32[4] = onnx::Add(%h, %h)
    %g2 : float32[4] = onnx::Neg(%g)
    yield %cond, %y, %g, %y
  }
  output %r "r"
  output %scan "scan"
}
----
graph opset 13 {
  ir_version 7
  input %x : float32[4]
  input %go : bool[]
  %r : float32[4], %scan : float32[n,4] = onnx::Loop "rnn/Loop"(none, %go, %x) {  # rnn net.py:9
    param %i : int64[]
    param %cond : bool[]
    param %h : float32[4]
    %y : float32[4] = onnx::Add "Add"(%h, %h)
    %0 "rnn/Identity" : bool[] = onnx::Identity "rnn/Identity"(%cond)  # rnn net.py:9
    %Identity : float32[4] = onnx::Identity "Identity"(%y)
    yield %0, %y, %Identity
  }
  output %r "r"
  output %scan "scan"
}
