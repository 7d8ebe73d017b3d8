# needs: onnxruntime
# A check that fails leaves OUT as it was.
$ echo old > u.onnx; ferry convert models/unet3d/model.pt -o u.onnx -i @models/unet3d/input_0.npy --golden models/unet3d --bound 1e-30,1e-30,1e-30 > log; echo "exit $?"; grep -c failed log; cat u.onnx; ls
| exit 1
| 2
| old
| log
| models
| u.onnx
| u.onnx.rejected
! u.onnx: error: the file does not give the results of 'models/unet3d/model.pt' [outputs-differ]
!   hint: what was written is kept as 'u.onnx.rejected'
# One weight changed by one bit in the file: found by name, and where it shows first.
$ ferry convert models/unet3d/model.pt -o good.onnx -q; printf '\x7f' > byte; cp good.onnx bad.onnx; at=$(grep -abo head.weight bad.onnx | tail -1 | cut -d: -f1); dd if=byte of=bad.onnx bs=1 seek=$((at + 20)) conv=notrunc 2>/dev/null; ferry verify models/unet3d/model.pt bad.onnx
| model.pt     TorchScript, archive version 3, 4.79 k parameters, 63.7 kB
| bad.onnx     ONNX model, opset 9, 4.79 k parameters, 26.4 kB
|   graph      ok    valid ONNX, opset 9
|   weights    failed  25 of 26 tensors identical to the archive, bit for bit; 1 differ, 'head.weight' first
|   inference  failed  crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|                OUTPUT__0 float32[1,3,8,16,16]: mean E, max E, relative E, cosine E, argmax agreement N%
|                OUTPUT__0: 2048 of 6144 elements differ; worst at element N
|                first difference: aten::_convolution, node 'head/Conv' of the file, in module head, code/__torch__/torch/nn/modules/conv/___torch_mangle_22.py:10 (mean E, max E)
|                  _0 = torch._convolution(argument_1, weight, None, [1, 1, 1], [0, 0, 0], [1, 1, 1], False, [0, 0, 0], 1, False, False, True, True)
|   inference  failed  self: ferry's engine on the file vs the original program: mean E, max E  T
|                OUTPUT__0 float32[1,3,8,16,16]: mean E, max E, relative E, cosine E, argmax agreement N%
|                OUTPUT__0: 2048 of 6144 elements differ; worst at element N
|                first difference: aten::_convolution, node 'head/Conv' of the file, in module head, code/__torch__/torch/nn/modules/conv/___torch_mangle_22.py:10 (mean E, max E)
|                  _0 = torch._convolution(argument_1, weight, None, [1, 1, 1], [0, 0, 0], [1, 1, 1], False, [0, 0, 0], 1, False, False, True, True)
! bad.onnx: error: 1 weights are not those of the archive, 'head.weight' first [weights-differ]
! bad.onnx: error: the file does not give the results of 'models/unet3d/model.pt' [outputs-differ]
= 1
