# Without ONNX Runtime the evidence is ferry's own, and is not called ok; saved results still are evidence.
$ ferry convert models/unet3d/model.pt -o u.onnx --onnxruntime none
| model.pt     TorchScript, archive version 3, 4.79 k parameters, 63.7 kB
|   capture    INPUT__0 float32[1,1,8,16,16] -> OUTPUT__0 float32[1,3,8,16,16]   COUNT nodes  T
|   write      u.onnx  opset 9, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    26 of 26 tensors identical to the archive, bit for bit
|   inference  self-check  self: ferry's engine on the file vs the original program: mean E, max E  T
|                ONNX Runtime was not found: see ferry doctor
$ ferry convert models/unet3d/model.pt -o u.onnx --onnxruntime none --golden models/unet3d
| model.pt     TorchScript, archive version 3, 4.79 k parameters, 63.7 kB
|   capture    INPUT__0 float32[1,1,8,16,16] -> OUTPUT__0 float32[1,3,8,16,16]   COUNT nodes  T
|   write      u.onnx  opset 9, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    26 of 26 tensors identical to the archive, bit for bit
|   inference  ok    independent: ferry's engine on the file vs results saved in models/unet3d: mean E, max E  T
|   inference  self-check  self: ferry's engine on the file vs the original program: mean E, max E  T
|                ONNX Runtime was not found: see ferry doctor
$ FERRY_ONNXRUNTIME=none ferry verify models/unet3d/model.pt u.onnx
| model.pt     TorchScript, archive version 3, 4.79 k parameters, 63.7 kB
| u.onnx       ONNX model, opset 9, 4.79 k parameters, 26.4 kB
|   graph      ok    valid ONNX, opset 9
|   weights    ok    26 of 26 tensors identical to the archive, bit for bit
|   inference  self-check  self: ferry's engine on the file vs the original program: mean E, max E  T
|                ONNX Runtime was not found: see ferry doctor
$ ferry run u.onnx --runtime onnxruntime --onnxruntime none
! error: ONNX Runtime was not found [onnxruntime-missing]
!   hint: pip install onnxruntime, or name the library with --onnxruntime
= 2
$ ferry doctor --onnxruntime none | grep onnxruntime
| onnxruntime  not found: results are checked by ferry's own engine only
