pass: all
# All of them are listed, equal ones counted.
graph {
  input %x : float32[4]
  %0 : opaque = aten::frobnicate(%x)  # enc.a net.py:3
  %1 : opaque = aten::frobnicate(%0)  # enc.b net.py:4
  %2 : opaque = torchvision::nms(%x)  # head net.py:5
  output %1 "y"
  output %2 "z"
}
----
net.py:3: error: operator 'aten::frobnicate' is not supported [op-unsupported]
  in module enc.a
  note: and 1 more like it
net.py:5: error: operator 'torchvision::nms' is not supported [op-unsupported]
  in module head
