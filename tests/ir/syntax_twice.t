pass: print
graph {
  input %x : float32[2]
  %x : float32[2] = aten::relu(%x)
}
----
error: '%x' is defined twice [ir-syntax]
      %x : float32[2] = aten::relu(%x)
      ^
