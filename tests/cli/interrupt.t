# Ctrl-C: exit 130, no file left behind.
$ timeout --preserve-status -s INT 0.5 ferry run models/countdown/model.pt -i @models/countdown/forever.npy
! models/countdown/model.pt!code/__torch__.py:8:9: error: operator 'aten::zeros' is not supported [op-unsupported]
!         x = torch.zeros([2])
!             ^^^^^^^^^^^^^^^^
!   hint: 'ferry ops' lists what is supported
= 4
$ timeout --preserve-status -s INT 1 ferry convert models/countdown/model.pt -o c.onnx -i @models/countdown/forever.npy >log; ls -A
| log
| models
! models/countdown/model.pt!code/__torch__.py:8:9: error: operator 'aten::zeros' is not supported [op-unsupported]
!         x = torch.zeros([2])
!             ^^^^^^^^^^^^^^^^
!   hint: 'ferry ops' lists what is supported
$ timeout --preserve-status -s TERM 1 ferry convert models/countdown/model.pt -o c.onnx -i @models/countdown/forever.npy >log; ls -A
| log
| models
! models/countdown/model.pt!code/__torch__.py:8:9: error: operator 'aten::zeros' is not supported [op-unsupported]
!         x = torch.zeros([2])
!             ^^^^^^^^^^^^^^^^
!   hint: 'ferry ops' lists what is supported
