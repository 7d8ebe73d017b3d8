pass: canonical
# A decided If becomes its arm, inside another arm too; what that leaves dead goes.
graph {
  const %yes : bool[] = {true}
  input %x : float32[4]
  input %c : bool
  %dead : float32[4] = onnx::Neg(%x)
  %r : float32[4] = onnx::If(%c) {
    %s : float32[4] = onnx::If(%yes) {
      %t : float32[4] = onnx::Relu(%x)
      yield %t
    } else {
      yield %dead
    }
    yield %s
  } else {
    yield %x
  }
  output %r "y"
}
----
graph {
  input %x : float32[4]
  input %c : bool
  %r : float32[4] = onnx::If(%c) {
    %t : float32[4] = onnx::Relu(%x)
    yield %t
  } else {
    yield %x
  }
  output %r "y"
}
