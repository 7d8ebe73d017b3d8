pass: all
# Arms that yield their own values, outer values, constants; a scalar merge; an unused result.
graph {
  const %two : float32[] = {2}
  input %x : float32[4]
  input %c : bool
  input %n : int
  %a : float32[4], %b : int, %unused : float32[4], %s : float32[] = prim::If(%c) {  # blocks.gate net.py:7
    %t : float32[4] = onnx::Relu(%x)
    yield %t, %n, %t, %two
  } else {
    %u : float32[] = onnx::ReduceSum(%x) {keepdims = 0}
    yield %x, %n, %x, %u
  }
  output %a "a"
  output %b "b"
  output %s "s"
}
----
graph opset 9 {
  ir_version 4
  const %two : float32[] = {2.0}
  input %x : float32[4]
  input %c : bool[]
  input %n : int64[]
  %a : float32[4], %b : int64[], %s : float32[] = onnx::If "blocks.gate/If"(%c) {  # blocks.gate net.py:7
    %t : float32[4] = onnx::Relu "Relu"(%x)
    %0 "blocks.gate/Identity" : int64[] = onnx::Identity "blocks.gate/Identity"(%n)  # blocks.gate net.py:7
    %1 "blocks.gate/Identity_1" : float32[] = onnx::Identity "blocks.gate/Identity_1"(%two)  # blocks.gate net.py:7
    yield %t, %0, %1
  } else {
    %u : float32[] = onnx::ReduceSum "ReduceSum"(%x) {keepdims = 0}
    %2 "blocks.gate/Identity_2" : float32[4] = onnx::Identity "blocks.gate/Identity_2"(%x)  # blocks.gate net.py:7
    %3 "blocks.gate/Identity_3" : int64[] = onnx::Identity "blocks.gate/Identity_3"(%n)  # blocks.gate net.py:7
    yield %2, %3, %u
  }
  output %a "a"
  output %b "b"
  output %s "s"
}
