pass: print
graph {
  input %x : floaty[2]
}
----
error: 'floaty' is no element type [ir-syntax]
      input %x : floaty[2]
                       ^
