pass: verify
graph {
  input %x : float32[2]
  input %c : bool
  %r : float32[2] = prim::If(%c) {
    yield %x
  }
  output %r "y"
}
----
error: prim::If: takes one condition and two blocks [ir-invalid]
