# needs: onnxruntime
# Outputs that are constant prove little, and that is said.
$ ferry convert models/constant/model.pt -o c.onnx --input 2x3
| model.pt     TorchScript, archive version 3, 0 parameters, 1.84 kB
! models/constant/model.pt!code/__torch__.py:8:12: error: operator 'aten::zeros_like' is not supported [op-unsupported]
!         return torch.zeros_like(x)
!                ^^^^^^^^^^^^^^^^^^^
!   hint: 'ferry ops' lists what is supported
= 4
