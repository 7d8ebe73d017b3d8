pass: dead
# Chains, blocks and constants without use go; a block stays when one of its results is used.
graph {
  const %unused : float32[] = {1}
  const %one : float32[] = {1}
  input %x : float32[2]
  input %c : bool
  %0 : float32[2] = aten::relu(%x)
  %1 : float32[2] = aten::neg(%0)
  %2 : float32[2] = prim::If(%c) {
    %3 : float32[2] = aten::relu(%x)
    %4 : float32[2] = aten::relu(%3)
    yield %3
  } else {
    yield %x
  }
  %5 : float32[2] = prim::If(%c) {
    %6 : float32[2] = aten::mul.Tensor(%1, %one)
    yield %6
  } else {
    yield %x
  }
  output %2 "y"
}
----
graph {
  input %x : float32[2]
  input %c : bool
  %0 : float32[2] = prim::If(%c) {
    %1 : float32[2] = aten::relu(%x)
    yield %1
  } else {
    yield %x
  }
  output %0 "y"
}
