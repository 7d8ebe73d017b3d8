# The graph as text, after a pass.
$ ferry convert models/branch/model.pt --input 3x4 --until nosuch
| model.pt     TorchScript, archive version 3, 16 parameters, 2.60 kB
|   capture    INPUT__0 float32[3,4] -> OUTPUT__0 float32[3,4]   COUNT nodes  T
! error: there is no pass 'nosuch' [pass-unknown]
!   hint: passes are canonical, opset, lower, fold, tidy, cse, fuse, prune, outputs, names, verify
= 2
$ ferry convert models/constant/model.pt --input 2x3 --dump all --no-verify -o c.onnx
| model.pt     TorchScript, archive version 3, 0 parameters, 1.84 kB
! models/constant/model.pt!code/__torch__.py:8:12: error: operator 'aten::zeros_like' is not supported [op-unsupported]
!         return torch.zeros_like(x)
!                ^^^^^^^^^^^^^^^^^^^
!   hint: 'ferry ops' lists what is supported
= 4
