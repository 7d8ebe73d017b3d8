# needs: onnxruntime
# Outputs that are constant prove little, and that is said.
$ ferry convert models/constant/model.pt -o c.onnx --input 2x3
| model.pt     TorchScript, archive version 3, 0 parameters, 1.84 kB
|   capture    INPUT__0 float32[2,3] -> OUTPUT__0 float32[2,3]   COUNT nodes  T
|   write      c.onnx  opset 9, SIZE, COUNT nodes  T
|   graph      ok    valid ONNX, opset 9
|   weights    ok    the program uses no tensors of the archive
|   inference  weak  crossed: onnxruntime N on the file vs the original program: mean E, max E  T
|                weak evidence: every output is constant on these inputs
