# The graph as text, after a pass; nothing is written after --until.
$ ferry convert models/branch/model.pt --input 3x4 --until nosuch
| model.pt     TorchScript, archive version 3, 16 parameters, 2.60 kB
|   capture    INPUT__0 float32[3,4] -> OUTPUT__0 float32[3,4]   COUNT nodes  T
! error: there is no pass 'nosuch' [pass-unknown]
!   hint: passes are canonical, opset, lower, fold, tidy, cse, fuse, prune, outputs, names, verify
= 2
$ ferry convert models/constant/model.pt --input 2x3 --until canonical -o c.onnx; ls
| graph {
|   producer "ferry"
|   input %INPUT__0 : float32[2,3]
|   %0 : float32[2,3] = aten::zeros_like(%INPUT__0, none, none, none, none, none)  # - code/__torch__.py:8
|   output %0 "OUTPUT__0"
| }
| models
$ ferry convert models/constant/model.pt --input 2x3 --dump lower --no-verify -o c.onnx; ls
| graph opset 9 {
|   ir_version 4
|   producer "ferry"
|   const %0 : int64[2] = {2, 3}
|   input %INPUT__0 : float32[2,3]
|   %1 : float32[2,3] = onnx::ConstantOfShape(%0) {value = float32[1] {0.0}}  # - code/__torch__.py:8
|   output %1 "OUTPUT__0"
| }
| c.onnx
| models
