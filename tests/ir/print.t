pass: print
# Everything the text form has: comments are dropped, values renumbered.
graph "net" opset 17 {
  ir_version 8
  import "com.microsoft" 1
  producer "ferry \"quoted\""
  doc "two\x0alines"
  metadata "k" = "v"
  const %encoder.weight : float32[2,1,3,3] = @"encoder.weight"
  const %7 : int64[2] = {1, -2}
  const %half : float16[] = {0.1}
  const %f : float32[3] = {0.1, inf, -1e-07}
  const %b : bool[2] = {true, false}
  const %8 "a/b:0" : float64[0] = {}
  input %x : float32[n,"batch size",4]
  input %y "y y" : int
  input %q : seq(float32[*])
  %9 : float32[n,"batch size",4] = aten::add.Tensor(%x, %half, 1)   # encoder.conv code/__torch__/net.py:12
  %10 : float32[*], %11 "second" : optional(int64[2]) = aten::weird([1, [2.5, none], %9], "text", true, complex(1.0, -2), nan)
  %12 : float32[n,"batch size",4] = com.microsoft::Fused "enc/fused"(%9, none) {alpha = 0.01, value = int64[2] {3, 4}, mode = "x", axes = [1, 2]}
  %13 : opaque = foo::bar(%12)
  %c : bool = aten::Bool(%x)
  %r : float32[4] = onnx::If(%c) { # - net.py:3
    %i : float32[4] = onnx::Relu(%12)
    yield %i
  } else {
    %j : float32[4] = onnx::Neg(%12)
    yield %j
  }
  %s : float32[4] = prim::Loop(%y, none, %r) {
    param %it : int
    param %carried : float32[4]
    yield %c, %carried
  }
  aten::print(%s)
  output %r "OUTPUT__0"
  output %r
}
----
graph "net" opset 17 {
  ir_version 8
  import "com.microsoft" 1
  producer "ferry \"quoted\""
  doc "two\x0alines"
  metadata "k" = "v"
  const %encoder.weight : float32[2,1,3,3] = @"encoder.weight"
  const %0 : int64[2] = {1, -2}
  const %half : float16[] = {0.099975586}
  const %f : float32[3] = {0.1, inf, -1e-07}
  const %b : bool[2] = {true, false}
  const %1 "a/b:0" : float64[0] = {}
  input %x : float32[n,"batch size",4]
  input %2 "y y" : int
  input %q : seq(float32[*])
  %3 : float32[n,"batch size",4] = aten::add.Tensor(%x, %half, 1)  # encoder.conv code/__torch__/net.py:12
  %4 : float32[*], %second : optional(int64[2]) = aten::weird([1, [2.5, none], %3], "text", true, complex(1.0, -2.0), nan)
  %5 : float32[n,"batch size",4] = com.microsoft::Fused "enc/fused"(%3, none) {alpha = 0.01, value = int64[2] {3, 4}, mode = "x", axes = [1, 2]}
  %6 : opaque = foo::bar(%5)
  %c : bool = aten::Bool(%x)
  %r : float32[4] = onnx::If(%c) {  # - net.py:3
    %i : float32[4] = onnx::Relu(%5)
    yield %i
  } else {
    %j : float32[4] = onnx::Neg(%5)
    yield %j
  }
  %s : float32[4] = prim::Loop(%2, none, %r) {
    param %it : int
    param %carried : float32[4]
    yield %c, %carried
  }
  aten::print(%s)
  output %r "OUTPUT__0"
  output %r
}
