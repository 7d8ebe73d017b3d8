# Files that are not there, no models, of another kind, cut short.
$ ferry convert nosuch.pt
! nosuch.pt: error: cannot open: No such file or directory [file-missing]
= 2
$ ferry inspect .
! .: error: is a directory, not a file [file-kind]
= 2
$ echo hello > text.pt; ferry convert text.pt
! text.pt: error: file of unknown kind, not a TorchScript archive or a checkpoint [file-kind]
= 2
$ : > empty.pt; ferry convert empty.pt
! empty.pt: error: the file is empty [file-empty]
= 3
$ head -c 1500 models/branch/model.pt > cut.pt; ferry convert cut.pt
! cut.pt: error: zip archive has no end of central directory record [zip-truncated]
!   hint: the file is cut off or still being written: copy or download it again
= 3
$ cp models/branch/model.pt hurt.pt; printf '\x7f' | dd of=hurt.pt bs=1 seek=70 conv=notrunc 2>/dev/null; ferry run hurt.pt --input 3x4
! hurt.pt!data/0: error: CRC-32 is 3ffc07e7, the directory says c99bc8bd [zip-crc]
!   hint: the file was damaged after it was written: copy or download it again
= 3
$ ferry convert hurt.pt --input 3x4 -q
! hurt.pt!data/0: error: CRC-32 is 3ffc07e7, the directory says c99bc8bd [zip-crc]
!   hint: the file was damaged after it was written: copy or download it again
= 3
$ ferry convert models/checkpoint/model.pth
! models/checkpoint/model.pth: error: this is a checkpoint: it has weights but no code to run [checkpoint-no-code]
!   hint: save the network as TorchScript: torch.jit.trace(net, example).save('model.pt')
= 4
$ ferry run models/checkpoint/model.pth
! models/checkpoint/model.pth: error: this is a checkpoint: it has weights but no code to run [checkpoint-no-code]
!   hint: save the network as TorchScript: torch.jit.trace(net, example).save('model.pt')
= 4
$ ferry convert models/branch/model.pt -o x.onnx
! models/branch/model.pt: error: the file does not say what its inputs are: missing 'x' (Tensor) [input-missing]
!   hint: the inputs are given as --input x=1x3x224x224
= 2
$ ferry convert models/branch/model.pt -o x.onnx --input 3x4 --input 2x2
! models/branch/model.pt: error: no input is left for '2x2' [input-count]
!   hint: the inputs are given as --input x=1x3x224x224
= 2
$ ferry convert models/branch/model.pt -o x.onnx --input y=3x4
! models/branch/model.pt: error: the model has no input of the name in 'y=3x4' [input-unknown]
!   hint: the inputs are given as --input x=1x3x224x224
= 2
$ ferry convert models/branch/model.pt -o x.onnx --input 3y4
! error: cannot understand the input '3y4': a tensor is expected here [input-spec]
!   hint: write 1x3x224x224, int64[1,128], @file.npy, 5, 1.5, true or none; name=... to address one
= 2
$ ferry convert models/branch/model.pt -o x.onnx --input @nosuch.npy
! nosuch.npy: error: cannot open: No such file or directory [file-missing]
= 2
$ ferry convert models/unet3d/model.pt -o x.onnx --input 1x2x8x16x16
| model.pt     TorchScript, archive version 3, 4.79 k parameters, 63.7 kB
! models/unet3d/model.pt!code/__torch__/torch/nn/modules/conv.py:12:13: error: the program raises: aten::_convolution: the input has 2 channels, the weight takes 1 [program-raises]
!         input = torch._convolution(x, weight, bias, [1, 1, 1], [1, 1, 1], [1, 1, 1], False, [0, 0, 0], 1, False, False, True, True)
!                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
!   in module encoder.0.0.conv
!   hint: check the shapes, types and values of the inputs
= 2
$ ferry convert models/heads/model.pt -o x.onnx --input int64[1,3]
! models/heads/model.pt: error: the file does not say what its inputs are: missing 'scale' (float) [input-missing]
!   hint: the inputs are given as --input ids=1x3x224x224 --input scale=1.0 --input bias=1x3x224x224 --input k=5
= 2
$ ferry convert models/branch/model.pt -o x.onnx --input 3x4 --method backward
! models/branch/model.pt: error: the model has no method 'backward' [method-missing]
!   hint: `ferry inspect models/branch/model.pt` lists its methods
= 2
$ ferry convert models/branch/model.pt -o nosuch/x.onnx --input 3x4
| model.pt     TorchScript, archive version 3, 16 parameters, 2.60 kB
|   capture    INPUT__0 float32[3,4] -> OUTPUT__0 float32[3,4]   COUNT nodes  T
! nosuch/x.onnx: error: cannot write: No such file or directory [output-open]
!   hint: the folder must exist
= 5
$ ferry convert models/branch/model.pt -o x.onnx --input 3x4 --opset 8
| model.pt     TorchScript, archive version 3, 16 parameters, 2.60 kB
|   capture    INPUT__0 float32[3,4] -> OUTPUT__0 float32[3,4]   COUNT nodes  T
! error: opset 8 is out of range [opset-range]
!   hint: opsets 9 to 28 can be written
= 2
$ ferry convert models/branch/model.pt -o x.onnx --input 3x4 --opset 99
| model.pt     TorchScript, archive version 3, 16 parameters, 2.60 kB
|   capture    INPUT__0 float32[3,4] -> OUTPUT__0 float32[3,4]   COUNT nodes  T
! error: opset 99 is out of range [opset-range]
!   hint: opsets 9 to 28 can be written
= 2
$ ferry convert models/branch/model.pt -o x.onnx --input 3x4 --golden models/checkpoint
! models/checkpoint: error: there are no saved results: neither output_0.npy nor output.npy [golden-missing]
!   hint: save input_0.npy, output_0.npy, ... with numpy.save; a lone pair may be input.npy and output.npy
= 2
$ ferry convert models/branch/model.pt -o x.onnx --input 3x4 --keep-output 1
| model.pt     TorchScript, archive version 3, 16 parameters, 2.60 kB
! error: there is no output 1 to keep: the model has 1 [output-missing]
= 2
$ cp models/constant/model.pt c.onnx; ferry convert c.onnx; ferry convert c.onnx -o ./c.onnx
! c.onnx: error: the output would replace the model itself [output-is-model]
! c.onnx: error: the output would replace the model itself [output-is-model]
= 2
$ ferry verify models/branch/model.pt models/constant/model.pt
! models/constant/model.pt: error: the file to verify is no ONNX model [not-onnx]
!   hint: ferry verify MODEL.pt MODEL.onnx
= 2
$ ferry run models/branch/model.pt --input 3x4 --runtime onnxruntime
! models/branch/model.pt: error: ONNX Runtime runs ONNX files only [runtime-program]
!   hint: convert the model first
= 2
$ ferry ops nosuch
! error: PyTorch has no operator 'aten::nosuch' [op-unknown]
!   hint: `ferry ops` lists those that are supported
= 2
$ ferry doctor --onnxruntime /nowhere >/dev/null
! error: cannot load ONNX Runtime from '/nowhere': /nowhere: cannot open shared object file: No such file or directory [onnxruntime-library]
!   hint: give the path of libonnxruntime.so; `ferry doctor` lists what was found
= 2
$ ls
| c.onnx
| cut.pt
| empty.pt
| hurt.pt
| models
| text.pt
