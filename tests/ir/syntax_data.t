pass: print
graph {
  const %x : float32[3] = {1, 2}
}
----
error: 2 elements do not fill the shape [ir-syntax]
    }
    ^
