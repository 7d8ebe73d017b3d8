pass: print
graph {
  input %x : float32[2]
  %y : float32[2] = aten::add.Tensor(%x, %z, 1)
}
----
error: '%z' is not defined above [ir-syntax]
      %y : float32[2] = aten::add.Tensor(%x, %z, 1)
                                             ^
