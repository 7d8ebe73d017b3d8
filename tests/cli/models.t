# needs: onnxruntime
# Each model with results from PyTorch, at the oldest, a common and the newest opset.
$ for o in 9 17 28; do ferry convert models/unet2d_bn/model.pt -o m.onnx --opset $o --golden models/unet2d_bn | sed 1d; done
|   capture    INPUT__0 float32[2,1,16,16] -> OUTPUT__0 float32[2,3,16,16]   COUNT nodes  T
|   write      m.onnx  opset 9, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    38 of 38 tensors identical to the archive, bit for bit; 6 not used
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/unet2d_bn: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   capture    INPUT__0 float32[2,1,16,16] -> OUTPUT__0 float32[2,3,16,16]   COUNT nodes  T
|   write      m.onnx  opset 17, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 17
|   weights    ok    38 of 38 tensors identical to the archive, bit for bit; 6 not used
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/unet2d_bn: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   capture    INPUT__0 float32[2,1,16,16] -> OUTPUT__0 float32[2,3,16,16]   COUNT nodes  T
|   write      m.onnx  opset 28, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 28
|   weights    ok    38 of 38 tensors identical to the archive, bit for bit; 6 not used
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/unet2d_bn: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
$ ferry convert models/unet2d_bn/model.pt -o m.onnx --fuse --golden models/unet2d_bn | sed 1d
|   capture    INPUT__0 float32[2,1,16,16] -> OUTPUT__0 float32[2,3,16,16]   COUNT nodes  T
|   write      m.onnx  opset 9, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    2 of 38 tensors identical to the archive, bit for bit; 36 folded into others; 6 not used
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/unet2d_bn: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
$ for o in 9 17 28; do ferry convert models/argmax/model.pt -o m.onnx --opset $o --golden models/argmax | sed 1,2d; done
|   write      m.onnx  opset 9, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    26 of 26 tensors identical to the archive, bit for bit
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/argmax: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   write      m.onnx  opset 17, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 17
|   weights    ok    26 of 26 tensors identical to the archive, bit for bit
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/argmax: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   write      m.onnx  opset 28, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 28
|   weights    ok    26 of 26 tensors identical to the archive, bit for bit
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/argmax: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
# The archive carries its own results.
$ ferry convert models/carries_golden/model.pt -o m.onnx | tail -2
|   inference  ok    independent: onnxruntime N on the file vs results saved in the archive: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
# Numbers among the inputs, dicts, tuples and numbers among the outputs, names of one's own.
$ for o in 9 17 28; do ferry convert models/heads/model.pt -o m.onnx --opset $o -i @models/heads/input_0.npy -i scale=0.5 -i @models/heads/input_1.npy -i k=3 --golden models/heads; done
| model.pt     TorchScript, archive version 3, 59 parameters, 9.63 kB
|   capture    INPUT__0 int64[1,3], INPUT__1 float32[3] -> OUTPUT__0 float32[1,3,3], OUTPUT__1 int64[1,3], OUTPUT__2 float32[], 1 more   COUNT nodes  T
|   write      m.onnx  opset 9, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    3 of 3 tensors identical to the archive, bit for bit (1 transposed)
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/heads: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| model.pt     TorchScript, archive version 3, 59 parameters, 9.63 kB
|   capture    INPUT__0 int64[1,3], INPUT__1 float32[3] -> OUTPUT__0 float32[1,3,3], OUTPUT__1 int64[1,3], OUTPUT__2 float32[], 1 more   COUNT nodes  T
|   write      m.onnx  opset 17, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 17
|   weights    ok    3 of 3 tensors identical to the archive, bit for bit (1 transposed)
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/heads: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| model.pt     TorchScript, archive version 3, 59 parameters, 9.63 kB
|   capture    INPUT__0 int64[1,3], INPUT__1 float32[3] -> OUTPUT__0 float32[1,3,3], OUTPUT__1 int64[1,3], OUTPUT__2 float32[], 1 more   COUNT nodes  T
|   write      m.onnx  opset 28, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 28
|   weights    ok    3 of 3 tensors identical to the archive, bit for bit (1 transposed)
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/heads: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
$ ferry convert models/heads/model.pt -o m.onnx -i int64[1,3] -i 0.5 --input-name ids --output-name logits --keep-output 0 -v; ferry inspect m.onnx
| model.pt     TorchScript, archive version 3, 59 parameters, 9.63 kB
|   capture    ids int64[1,3] -> logits float32[1,3,3]   COUNT nodes  T
|   write      m.onnx  opset 9, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    3 of 3 tensors identical to the archive, bit for bit (1 transposed)
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|                logits float32[1,3,3]: mean E, max E, relative E, cosine E, argmax agreement N%
| m.onnx     ONNX model, opset 9, 60 parameters, 868 bytes
| inputs     1
|   ids         int64[1,3]
| outputs    1
|   logits      float32[1,3,3]
| weights    4
|   table.weight                                float32[11,4]                   176 bytes
|   fc.bias                                     float32[3]                      12 bytes
|   constant                                    float32[]                       4 bytes
|   constant_1                                  float32[4,3]                    48 bytes
| operators  4, all supported
|   onnx::Gather                                1 use
|   onnx::MatMul                                1 use
|   onnx::Add                                   1 use
|   onnx::Mul                                   1 use
$ ferry run models/heads/model.pt -i @models/heads/input_0.npy -i 0.5; ls *.npy
|   run        the original program  T
|   output     0.logits float32[1,3,3]
|   output     0.labels int64[1,3]
|   output     1.0 float32[]
|   output     1.1 int64[]
| output_0.npy
| output_1.npy
| output_2.npy
| output_3.npy
# Tensors in tuples and lists: in order, or by name; one that is not used stays an input.
$ ferry inspect models/nested/model.pt | head -5
| model.pt   TorchScript, archive version 3, 0 parameters, 2.22 kB
| inputs     4
|   pair.0      Tensor
|   pair.1      Tensor
|   unused      Tensor
$ n=models/nested/input_; ferry convert models/nested/model.pt -o n.onnx -i @${n}0.npy -i @${n}1.npy -i @${n}2.npy -i @${n}3.npy -i @${n}4.npy --golden models/nested --opset 17; ferry inspect n.onnx | sed -n 2,11p
| model.pt     TorchScript, archive version 3, 0 parameters, 2.22 kB
|   capture    INPUT__0 float32[2,3], INPUT__1 float32[2,3], INPUT__2 float32[2,3], 2 more -> OUTPUT__0 float32[2,3], OUTPUT__1 float32[2,3], OUTPUT__2 float32[2,3]   COUNT nodes  T
|   write      n.onnx  opset 17, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 17
|   weights    ok    the program uses no tensors of the archive
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/nested: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| inputs     5
|   INPUT__0    float32[2,3]
|   INPUT__1    float32[2,3]
|   INPUT__2    float32[2,3]
|   INPUT__3    float32[2,3]
|   INPUT__4    float32[2,3]
| outputs    3
|   OUTPUT__0   float32[2,3]
|   OUTPUT__1   float32[2,3]
|   OUTPUT__2   float32[2,3]
$ n=models/nested/input_; ferry convert models/nested/model.pt -o n.onnx -i rest.0=@${n}3.npy -i rest.1=@${n}4.npy -i unused=2x3 -i pair.1=@${n}1.npy -i pair.0=@${n}0.npy --golden models/nested -q && ferry verify models/nested/model.pt n.onnx --golden models/nested
| model.pt     TorchScript, archive version 3, 0 parameters, 2.22 kB
| n.onnx       ONNX model, opset 9, 1 parameters, 555 bytes
|   graph      ok    valid ONNX, opset 9
|   weights    ok    the program uses no tensors of the archive
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/nested: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   inference  self-check  self: ferry's engine on the file vs the original program: mean E, max E  T
# Branches and loops on data: converted once, right for every input.
$ ferry convert models/branch/model.pt -o b.onnx --input 3x4 --golden models/branch --opset 13
| model.pt     TorchScript, archive version 3, 16 parameters, 2.60 kB
|   capture    INPUT__0 float32[3,4] -> OUTPUT__0 float32[3,4]   COUNT nodes  T
|   write      b.onnx  opset 13, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 13
|   weights    ok    1 of 1 tensor identical to the archive, bit for bit
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/branch: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
$ for s in 1 2 3 4 5; do ferry verify models/branch/model.pt b.onnx --seed $s | grep crossed; done
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
