# needs: onnxruntime
# Each model with results from PyTorch, at the oldest, a common and the newest opset.
$ for o in 9 17 28; do ferry convert models/unet2d_bn/model.pt -o m.onnx --opset $o --golden models/unet2d_bn | sed 1d; done
|   capture    INPUT__0 float32[2,1,16,16] -> OUTPUT__0 float32[2,3,16,16]   21 nodes  T
|   write      m.onnx  opset 9, 14.9 kB, 21 nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    38 of 38 tensors identical to the archive, bit for bit
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/unet2d_bn: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   capture    INPUT__0 float32[2,1,16,16] -> OUTPUT__0 float32[2,3,16,16]   21 nodes  T
|   write      m.onnx  opset 17, 14.9 kB, 21 nodes  T
|   graph      ok    valid ONNX, opset 17
|   weights    ok    38 of 38 tensors identical to the archive, bit for bit
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/unet2d_bn: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   capture    INPUT__0 float32[2,1,16,16] -> OUTPUT__0 float32[2,3,16,16]   21 nodes  T
|   write      m.onnx  opset 28, 14.9 kB, 21 nodes  T
|   graph      ok    valid ONNX, opset 28
|   weights    ok    38 of 38 tensors identical to the archive, bit for bit
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/unet2d_bn: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
$ ferry convert models/unet2d_bn/model.pt -o m.onnx --fuse --golden models/unet2d_bn | sed 1d
|   capture    INPUT__0 float32[2,1,16,16] -> OUTPUT__0 float32[2,3,16,16]   21 nodes  T
|   write      m.onnx  opset 9, 11.4 kB, 15 nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    2 of 38 tensors identical to the archive, bit for bit; 36 folded into others
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/unet2d_bn: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
$ for o in 9 17 28; do ferry convert models/argmax/model.pt -o m.onnx --opset $o --golden models/argmax | sed 1,2d; done
|   write      m.onnx  opset 9, 14.6 kB, 22 nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    26 of 26 tensors identical to the archive, bit for bit
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/argmax: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   write      m.onnx  opset 17, 14.6 kB, 22 nodes  T
|   graph      ok    valid ONNX, opset 17
|   weights    ok    26 of 26 tensors identical to the archive, bit for bit
|   inference  ok    independent: onnxruntime N on the file vs results saved in models/argmax: mean E, max E  T
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   write      m.onnx  opset 28, 14.6 kB, 22 nodes  T
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
| model.pt     TorchScript, archive version 3, 59 parameters, 9.63 kB
| model.pt     TorchScript, archive version 3, 59 parameters, 9.63 kB
! models/heads/model.pt!code/__torch__/torch/nn/functional.py:37:8: error: operator 'aten::embedding' is not supported [op-unsupported]
!       _3 = torch.embedding(weight, input0, padding_idx0, scale_grad_by_freq, sparse)
!            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
!   in module table
!   hint: 'ferry ops' lists what is supported
! models/heads/model.pt!code/__torch__/torch/nn/functional.py:37:8: error: operator 'aten::embedding' is not supported [op-unsupported]
!       _3 = torch.embedding(weight, input0, padding_idx0, scale_grad_by_freq, sparse)
!            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
!   in module table
!   hint: 'ferry ops' lists what is supported
! models/heads/model.pt!code/__torch__/torch/nn/functional.py:37:8: error: operator 'aten::embedding' is not supported [op-unsupported]
!       _3 = torch.embedding(weight, input0, padding_idx0, scale_grad_by_freq, sparse)
!            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
!   in module table
!   hint: 'ferry ops' lists what is supported
= 4
$ ferry convert models/heads/model.pt -o m.onnx -i int64[1,3] -i 0.5 --input-name ids --output-name logits --keep-output 0 -v; ferry inspect m.onnx
| model.pt     TorchScript, archive version 3, 59 parameters, 9.63 kB
| m.onnx     ONNX model, opset 9, 1.71 k parameters, 14.0 kB
| inputs     1
|   INPUT__0    float32[1,1,16,16]
| outputs    1
|   OUTPUT__0   float32[1,3,16,16]
| weights    26
|   encoder.0.0.conv.weight                     float32[4,1,3,3]                144 bytes
|   encoder.0.0.conv.bias                       float32[4]                      16 bytes
|   encoder.0.0.norm.weight                     float32[4]                      16 bytes
|   encoder.0.0.norm.bias                       float32[4]                      16 bytes
|   encoder.0.1.conv.weight                     float32[4,4,3,3]                576 bytes
|   encoder.0.1.conv.bias                       float32[4]                      16 bytes
|   encoder.0.1.norm.weight                     float32[4]                      16 bytes
|   encoder.0.1.norm.bias                       float32[4]                      16 bytes
|   encoder.1.0.conv.weight                     float32[8,4,3,3]                1.15 kB
|   encoder.1.0.conv.bias                       float32[8]                      32 bytes
|   encoder.1.0.norm.weight                     float32[8]                      32 bytes
|   encoder.1.0.norm.bias                       float32[8]                      32 bytes
|   encoder.1.1.conv.weight                     float32[8,8,3,3]                2.30 kB
|   encoder.1.1.conv.bias                       float32[8]                      32 bytes
|   encoder.1.1.norm.weight                     float32[8]                      32 bytes
|   encoder.1.1.norm.bias                       float32[8]                      32 bytes
|   up.weight                                   float32[8,4,2,2]                512 bytes
|   decoder.0.conv.weight                       float32[4,8,3,3]                1.15 kB
|   decoder.0.conv.bias                         float32[4]                      16 bytes
|   decoder.0.norm.weight                       float32[4]                      16 bytes
|   ... and 6 more (-v lists all)
| operators  5, all supported
|   onnx::Conv                                  7 uses
|   onnx::InstanceNormalization                 6 uses
|   onnx::LeakyRelu                             6 uses
|   onnx::ConvTranspose                         1 use
|   onnx::Concat                                1 use
! models/heads/model.pt!code/__torch__/torch/nn/functional.py:37:8: error: operator 'aten::embedding' is not supported [op-unsupported]
!       _3 = torch.embedding(weight, input0, padding_idx0, scale_grad_by_freq, sparse)
!            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
!   in module table
!   hint: 'ferry ops' lists what is supported
$ ferry run models/heads/model.pt -i @models/heads/input_0.npy -i 0.5; ls *.npy
! models/heads/model.pt!code/__torch__/torch/nn/functional.py:37:8: error: operator 'aten::embedding' is not supported [op-unsupported]
!       _3 = torch.embedding(weight, input0, padding_idx0, scale_grad_by_freq, sparse)
!            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
!   in module table
!   hint: 'ferry ops' lists what is supported
! ls: cannot access '*.npy': No such file or directory
= 2
# Branches and loops on data: converted once, right for every input.
$ ferry convert models/branch/model.pt -o b.onnx --input 3x4 --golden models/branch --opset 13
| model.pt     TorchScript, archive version 3, 16 parameters, 2.60 kB
|   capture    INPUT__0 float32[3,4] -> OUTPUT__0 float32[3,4]   12 nodes  T
|   write      b.onnx  opset 13, 1.57 kB, 13 nodes  T
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
