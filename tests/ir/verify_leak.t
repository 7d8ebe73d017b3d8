pass: verify
graph {
  input %x : float32[2]
  input %c : bool
  %r : float32[2] = prim::If(%c) {
    %a : float32[2] = aten::relu(%x)
    yield %a
  } else {
    %b : float32[2] = aten::neg(%x)
    yield %a
  }
  output %a "y"  # the value of an arm
}
----
error: prim::If: block result 0 is a value of a block that has ended [ir-invalid]
error: block result 0 is a value of a block that has ended [ir-invalid]
