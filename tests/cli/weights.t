# needs: onnxruntime
# Where weights are: in the file, in one file beside it, or in the archive.
$ cp models/layers/*.pt .; for w in inline external link; do ferry convert model.pt -o $w.onnx --weights $w --input 1x8x8x8; done; ls
| model.pt     TorchScript, archive version 3, 1.17 k parameters, 7.71 kB
|   capture    INPUT__0 float32[1,8,8,8] -> OUTPUT__0 float32[1,8,8,8]   COUNT nodes  T
|   write      inline.onnx  opset 9, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    4 of 4 tensors identical to the archive, bit for bit
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| model.pt     TorchScript, archive version 3, 1.17 k parameters, 7.71 kB
|   capture    INPUT__0 float32[1,8,8,8] -> OUTPUT__0 float32[1,8,8,8]   COUNT nodes  T
|   write      external.onnx  opset 9, SIZE, COUNT nodes; weights in external.onnx.90cc4f98940e85ed.data, 4.61 kB  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    4 of 4 tensors identical to the archive, bit for bit
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| model.pt     TorchScript, archive version 3, 1.17 k parameters, 7.71 kB
|   capture    INPUT__0 float32[1,8,8,8] -> OUTPUT__0 float32[1,8,8,8]   COUNT nodes  T
|   write      link.onnx  opset 9, SIZE, COUNT nodes; weights in model.pt  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    4 of 4 tensors linked to the archive, weights not read
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
| deflated.pt
| external.onnx
| external.onnx.90cc4f98940e85ed.data
| inline.onnx
| link.onnx
| model.pt
| models
$ for w in inline external link; do ferry verify model.pt $w.onnx | grep ok; done
|   graph      ok    valid ONNX, opset 9
|   weights    ok    4 of 4 tensors identical to the archive, bit for bit
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    4 of 4 tensors identical to the archive, bit for bit
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    4 of 4 tensors linked to the archive, weights not read
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
$ ferry run link.onnx --input 1x8x8x8 -o a -q; ferry run external.onnx --input 1x8x8x8 -o b -q; ferry run inline.onnx --input 1x8x8x8 -o c -q; cmp a/output_0.npy b/output_0.npy && cmp a/output_0.npy c/output_0.npy && echo same results
| same results
# The same bytes again, and nothing is left of the first time.
$ cp external.onnx first.onnx; cp link.onnx first_link.onnx; for w in external link; do ferry convert model.pt -o $w.onnx --weights=$w --input 1x8x8x8 -q; done; cmp external.onnx first.onnx && cmp link.onnx first_link.onnx && echo same bytes; ls *.data
| same bytes
| external.onnx.90cc4f98940e85ed.data
# Data files: named by their content, aligned, told by relative names; old ones go with the model they belong to.
$ grep -ao 'external.onnx.[0-9a-f]*.data' external.onnx | sort | uniq -c | sed 's/^ *//'
| 2 external.onnx.90cc4f98940e85ed.data
$ cp models/unet3d/model.pt net.pt; ferry convert net.pt -o external.onnx --weights external -q; ls external*
| external.onnx
| external.onnx.d0368adfee752817.data
$ ferry convert model.pt -o external.onnx --input 1x8x8x8 -q; ls external*
| external.onnx
# A failed conversion keeps what it made, and what was there.
$ ferry convert model.pt -o m.onnx --weights external --input 1x8x8x8 -q; ls m.onnx* > before; ferry convert net.pt -o m.onnx --weights external --bound 1e-30,1e-30,1e-30 -q 2>/dev/null; echo $?; ls m.onnx* | diff before - ; ferry verify model.pt m.onnx -q && ferry inspect m.onnx.rejected | head -1
| 1
| 2a3,4
| > m.onnx.d0368adfee752817.data
| > m.onnx.rejected
| m.onnx.rejected ONNX model, opset 9, 4.79 k parameters, 8.51 kB
# What was deflated is copied. Links lead nowhere else.
$ ferry convert deflated.pt -o d.onnx --weights link --input 1x8x8x8
| deflated.pt  TorchScript, archive version 3, 1.17 k parameters, 6.44 kB
|   capture    INPUT__0 float32[1,8,8,8] -> OUTPUT__0 float32[1,8,8,8]   COUNT nodes  T
|   write      d.onnx  opset 9, SIZE, COUNT nodes; 4 of 4 tensors inline  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    4 of 4 tensors identical to the archive, bit for bit
|   inference  ok    crossed: onnxruntime N on the file vs the original program: mean E, max E  T
$ mkdir other; ferry convert model.pt -o other/d.onnx --weights link --input 1x8x8x8; echo $?; ls other
| 2
! other/d.onnx: error: weights can be linked only in the folder of the archive [link-folder]
!   hint: -o ./d.onnx, or --weights=external
$ ln -s ../model.pt other/model.pt; ferry convert other/model.pt --weights link --input 1x8x8x8; echo $?; ls other
| 2
| model.pt
! other/model.onnx: error: weights can be linked only in the folder of the archive [link-folder]
!   hint: -o ./model.onnx, or --weights=external
$ ferry convert model.pt -o m.onnx --weights both --input 1x8x8x8
! error: --weights is inline, external, link or auto, not 'both' [usage]
!   hint: ferry convert --help
= 2
# A smaller input to compare with.
$ ferry convert model.pt -o big.onnx --weights external --input 1x8x64x64 --verify-input 1x8x8x8 | tail -2; ls big*
|   weights    ok    4 of 4 tensors identical to the archive, bit for bit
|   inference  ok    crossed: onnxruntime N on a conversion for the smaller input vs the original program: mean E, max E  T
| big.onnx
| big.onnx.90cc4f98940e85ed.data
$ ferry convert model.pt -o big.onnx --weights link --input 1x8x64x64 --verify-input 1x8x8x8 | tail -2; ls -A | grep big
|   weights    ok    4 of 4 tensors linked to the archive, weights not read
|   inference  ok    crossed: onnxruntime N on a conversion for the smaller input vs the original program: mean E, max E  T
| big.onnx
# A damaged record is found while it is copied; nothing is left. What is linked is not looked at before it is run.
$ cp model.pt bad.pt; printf '\x55' | dd of=bad.pt bs=1 seek=1000 conv=notrunc 2>/dev/null; for w in inline external link; do ferry convert bad.pt -o bad.onnx --weights $w --input 1x8x8x8 -q; echo $?; done; ls -A | grep bad
| 3
| 3
| 3
| bad.pt
! bad.pt!data/0: error: CRC-32 is 80cb391e, the directory says 9f110f0a [zip-crc]
!   hint: the file was damaged after it was written: copy or download it again
! bad.pt!data/0: error: CRC-32 is 80cb391e, the directory says 9f110f0a [zip-crc]
!   hint: the file was damaged after it was written: copy or download it again
! bad.pt!data/0: error: CRC-32 is 80cb391e, the directory says 9f110f0a [zip-crc]
!   hint: the file was damaged after it was written: copy or download it again
$ ferry convert bad.pt -o bad.onnx --weights link --input 1x8x8x8 --no-verify | tail -1
|   weights    ok    4 of 4 tensors linked to the archive, weights not read
