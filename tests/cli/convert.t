# needs: onnxruntime
# The way of a model: an nnU-Net whose shapes the file remembers, with results from PyTorch.
$ ferry convert models/unet3d/model.pt -o u.onnx --golden models/unet3d
| model.pt     TorchScript, archive version 3, 4.79 k parameters, 63.7 kB
|   capture    INPUT__0 float32[1,1,8,16,16] -> OUTPUT__0 float32[1,3,8,16,16]   COUNT nodes  T
|   write      u.onnx  opset 9, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    26 of 26 tensors identical to the archive, bit for bit
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/unet3d: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
$ ls
| models
| u.onnx
$ ferry verify models/unet3d/model.pt u.onnx --golden models/unet3d
| model.pt     TorchScript, archive version 3, 4.79 k parameters, 63.7 kB
| u.onnx       ONNX model, opset 9, 4.79 k parameters, 26.4 kB
|   graph      ok    valid ONNX, opset 9
|   weights    ok    26 of 26 tensors identical to the archive, bit for bit
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/unet3d: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   inference  self-check  self: ferry's engine on the file vs the original program: mean E, max E  T
$ ferry run u.onnx --input @models/unet3d/input_0.npy
|   run        in ferry's engine  T
|   output     OUTPUT__0 float32[1,3,8,16,16]
$ ferry run u.onnx --input @models/unet3d/input_0.npy --runtime onnxruntime -o there -q; ls there
| output_0.npy
$ ferry convert models/unet3d/model.pt -o again.onnx -q && cmp u.onnx again.onnx && echo same bytes
| same bytes
# Every opset.
$ for o in 9 11 13 17 18 20 21 22 23 28; do ferry convert models/unet3d/model.pt -o u$o.onnx --opset $o --golden models/unet3d | tail -2 | sed "s/^/$o/"; done
| 9  inference  ok    independent: onnxruntime N on the file vs results saved in models/unet3d: mean E, max E  T
| 9  inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| 11  inference  ok    independent: onnxruntime N on the file vs results saved in models/unet3d: mean E, max E  T
| 11  inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| 13  inference  ok    independent: onnxruntime N on the file vs results saved in models/unet3d: mean E, max E  T
| 13  inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| 17  inference  ok    independent: onnxruntime N on the file vs results saved in models/unet3d: mean E, max E  T
| 17  inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| 18  inference  ok    independent: onnxruntime N on the file vs results saved in models/unet3d: mean E, max E  T
| 18  inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| 20  inference  ok    independent: onnxruntime N on the file vs results saved in models/unet3d: mean E, max E  T
| 20  inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| 21  inference  ok    independent: onnxruntime N on the file vs results saved in models/unet3d: mean E, max E  T
| 21  inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| 22  inference  ok    independent: onnxruntime N on the file vs results saved in models/unet3d: mean E, max E  T
| 22  inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| 23  inference  ok    independent: onnxruntime N on the file vs results saved in models/unet3d: mean E, max E  T
| 23  inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| 28  inference  ok    independent: onnxruntime N on the file vs results saved in models/unet3d: mean E, max E  T
| 28  inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
# OUT is beside the model when it is not given.
$ cp models/constant/model.pt c.pt; ferry convert c.pt --input 2x3; ls c*
| c.pt         TorchScript, archive version 3, 0 parameters, 1.84 kB
|   capture    INPUT__0 float32[2,3] -> OUTPUT__0 float32[2,3]   COUNT nodes  T
|   write      c.onnx  opset 9, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    the program uses no tensors of the archive
|   inference  weak  crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|                weak evidence: every output is constant on these inputs
| c.onnx
| c.pt
