# A loop that is too long to unroll is a loop in the file; a program that is too long to run is no proof, and that is said.
$ ferry convert models/endless/model.pt -o e.onnx --input 4
| model.pt     TorchScript, archive version 3, 0 parameters, 2.03 kB
|   capture    INPUT__0 float32[4] -> OUTPUT__0 float32[4]   COUNT nodes  T
|   write      e.onnx  opset 9, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    the program uses no tensors of the archive
|   inference  weak  not compared: the steps that the program takes are more than 500284; --max-steps N raises the limit
$ ferry run models/endless/model.pt --input 4
! models/endless/model.pt!code/__torch__.py:10:7: error: the steps that the program takes are more than 500284 [limit]
!           x0 = torch.add(x0, float(i))
!           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
!   hint: --max-steps N raises the limit
= 4
$ ferry run models/endless/model.pt --input 4 --max-steps 1000
! models/endless/model.pt!code/__torch__.py:10:7: error: the steps that the program takes are more than 1000 [limit]
!           x0 = torch.add(x0, float(i))
!           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
!   hint: --max-steps N raises the limit
= 4
$ ferry convert models/endless/model.pt -o e.onnx --input 4 --max-steps 10
| model.pt     TorchScript, archive version 3, 0 parameters, 2.03 kB
! models/endless/model.pt!code/__torch__.py:10:7: error: the steps that the program takes are more than 10 [limit]
!           x0 = torch.add(x0, float(i))
!           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
!   hint: --max-steps N raises the limit
= 4
# Nodes and what an archive may inflate to.
$ ferry convert models/unet3d/model.pt -o l.onnx --max-nodes 3
| model.pt     TorchScript, archive version 3, 4.79 k parameters, 63.7 kB
! models/unet3d/model.pt!code/__torch__/torch/nn/modules/conv/___torch_mangle_0.py:13:5: error: the nodes of the graph are more than 3 [limit]
!         return input
!         ^^^^^^^^^^^^
!   in module encoder.0.1.conv
!   hint: --max-nodes N raises the limit
= 4
$ ferry inspect models/layers/deflated.pt --max-unpacked 1000
! models/layers/deflated.pt!data.pkl: error: unpacking 922 bytes would exceed the limit of 1000 for this file [zip-bomb]
!   hint: --max-unpacked BYTES raises the limit
= 3
$ ferry convert models/layers/model.pt -o l.onnx --max-steps -1
! error: a limit cannot be -1 [usage]
!   hint: ferry convert --help
= 2
