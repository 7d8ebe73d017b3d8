# All operators that are missing are listed in one run; inspect lists them and is content.
$ ferry convert models/unsupported/model.pt --input 3x3 -o x.onnx
$ ferry inspect models/unsupported/model.pt
$ ls *.onnx
