# The graph as text, after a pass.
$ ferry convert models/branch/model.pt --input 3x4 --until nosuch
| model.pt     TorchScript, archive version 3, 16 parameters, 2.60 kB
! models/branch/model.pt!code/__torch__.py:11:11: error: operator 'aten::matmul' is not supported [op-unsupported]
!           y = torch.matmul(x, weight)
!               ^^^^^^^^^^^^^^^^^^^^^^^
!   hint: 'ferry ops' lists what is supported
= 4
$ ferry convert models/constant/model.pt --input 2x3 --dump all --no-verify -o c.onnx
| model.pt     TorchScript, archive version 3, 0 parameters, 1.84 kB
! models/constant/model.pt!code/__torch__.py:8:12: error: operator 'aten::zeros_like' is not supported [op-unsupported]
!         return torch.zeros_like(x)
!                ^^^^^^^^^^^^^^^^^^^
!   hint: 'ferry ops' lists what is supported
= 4
