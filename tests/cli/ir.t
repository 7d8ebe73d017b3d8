# The graph as text, after a pass.
$ ferry convert models/branch/model.pt --input 3x4 --until nosuch
| model.pt     TorchScript, archive version 3, 16 parameters, 2.60 kB
|   capture    INPUT__0 float32[3,4] -> OUTPUT__0 float32[3,4]   COUNT nodes  T
! error: there is no pass 'nosuch' [pass-unknown]
!   hint: passes are canonical, opset, lower, fold, tidy, cse, fuse, prune, outputs, names, verify
= 2
$ ferry convert models/constant/model.pt --input 2x3 --dump all --no-verify -o c.onnx
| # after canonical
| graph {
|   producer "ferry"
|   input %INPUT__0 : float32[2,3]
|   %0 : float32[2,3] = aten::zeros_like(%INPUT__0, none, none, none, none, none)  # - code/__torch__.py:8
|   output %0 "OUTPUT__0"
| }
| # after opset
| graph {
|   producer "ferry"
|   input %INPUT__0 : float32[2,3]
|   %0 : float32[2,3] = aten::zeros_like(%INPUT__0, none, none, none, none, none)  # - code/__torch__.py:8
|   output %0 "OUTPUT__0"
| }
| # after lower
| graph opset 9 {
|   ir_version 4
|   producer "ferry"
|   const %0 : int64[2] = {2, 3}
|   input %INPUT__0 : float32[2,3]
|   %1 : float32[2,3] = onnx::ConstantOfShape(%0) {value = float32[1] {0.0}}  # - code/__torch__.py:8
|   output %1 "OUTPUT__0"
| }
| # after fold
| graph opset 9 {
|   ir_version 4
|   producer "ferry"
|   const %0 : int64[2] = {2, 3}
|   const %1 : float32[2,3] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}
|   input %INPUT__0 : float32[2,3]
|   output %1 "OUTPUT__0"
| }
| # after tidy
| graph opset 9 {
|   ir_version 4
|   producer "ferry"
|   const %0 : int64[2] = {2, 3}
|   const %1 : float32[2,3] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}
|   input %INPUT__0 : float32[2,3]
|   output %1 "OUTPUT__0"
| }
| # after cse
| graph opset 9 {
|   ir_version 4
|   producer "ferry"
|   const %0 : float32[2,3] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}
|   input %INPUT__0 : float32[2,3]
|   output %0 "OUTPUT__0"
| }
| # after fuse
| graph opset 9 {
|   ir_version 4
|   producer "ferry"
|   const %0 : float32[2,3] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}
|   input %INPUT__0 : float32[2,3]
|   output %0 "OUTPUT__0"
| }
| # after prune
| graph opset 9 {
|   ir_version 4
|   producer "ferry"
|   const %0 : float32[2,3] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}
|   input %INPUT__0 : float32[2,3]
|   output %0 "OUTPUT__0"
| }
| # after outputs
| graph opset 9 {
|   ir_version 4
|   producer "ferry"
|   const %0 : float32[2,3] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}
|   input %INPUT__0 : float32[2,3]
|   %1 : float32[2,3] = onnx::Identity(%0)
|   output %1 "OUTPUT__0"
| }
| # after names
| graph opset 9 {
|   ir_version 4
|   producer "ferry"
|   const %constant : float32[2,3] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}
|   input %INPUT__0 : float32[2,3]
|   %OUTPUT__0 : float32[2,3] = onnx::Identity "Identity"(%constant)
|   output %OUTPUT__0 "OUTPUT__0"
| }
| # after verify
| graph opset 9 {
|   ir_version 4
|   producer "ferry"
|   const %constant : float32[2,3] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}
|   input %INPUT__0 : float32[2,3]
|   %OUTPUT__0 : float32[2,3] = onnx::Identity "Identity"(%constant)
|   output %OUTPUT__0 "OUTPUT__0"
| }
