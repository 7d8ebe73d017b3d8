# needs: onnxruntime
# Outputs that are constant prove little, and that is said.
$ ferry convert models/constant/model.pt -o c.onnx --input 2x3
