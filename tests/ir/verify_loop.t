pass: verify
graph {
  input %x : float32[2]
  input %n : int
  input %c : bool
  %r : float32[2] = onnx::Loop "loop"(%n, %c, %x) {  # net.blocks net.py:7
    param %i : int
    param %go : bool
    yield %go, %x, %x
  }
  output %r "y"
}
----
net.py:7: error: onnx::Loop 'loop': has 1 carried values and a body of 2 parameters [ir-invalid]
  in module net.blocks
net.py:7: error: onnx::Loop 'loop': has 1 carried values, 1 results and a body of 3 results [ir-invalid]
  in module net.blocks
