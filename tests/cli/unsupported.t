# All operators that are missing are listed in one run; inspect lists them and is content.
$ ferry convert models/unsupported/model.pt --input 3x3 -o x.onnx
| model.pt     TorchScript, archive version 3, 0 parameters, 1.97 kB
! models/unsupported/model.pt!code/__torch__.py:8:9: error: operator 'aten::cholesky_inverse' is not supported [op-unsupported]
!         a = torch.cholesky_inverse(x)
!             ^^^^^^^^^^^^^^^^^^^^^^^^^
!   hint: 'ferry ops' lists what is supported
! models/unsupported/model.pt!code/__torch__.py:9:14: error: operator 'aten::linalg_ldl_factor' is not supported [op-unsupported]
!         _0, _1 = torch.linalg_ldl_factor(x)
!                  ^^^^^^^^^^^^^^^^^^^^^^^^^^
!   hint: 'ferry ops' lists what is supported
= 4
$ ferry inspect models/unsupported/model.pt
| model.pt   TorchScript, archive version 3, 0 parameters, 1.97 kB
| inputs     1
|   x           Tensor
| methods    1
|   forward     (x: Tensor) -> Tensor
| modules    1
|   (root)                                      __torch__.Unsupported
| code       1
|   code/__torch__.py                           299 bytes
| operators  3, 2 not supported
|   aten::cholesky_inverse                      1 use  unsupported  code/__torch__.py:8
|   aten::linalg_ldl_factor                     1 use  unsupported  code/__torch__.py:9
|   aten::add                                   1 use
$ ls *.onnx
! ls: cannot access '*.onnx': No such file or directory
= 2
