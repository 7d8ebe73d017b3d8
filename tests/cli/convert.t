# needs: onnxruntime
# The way of a model: an nnU-Net whose shapes the file remembers, with results from PyTorch.
$ ferry convert models/unet3d/model.pt -o u.onnx --golden models/unet3d
$ ls
$ ferry verify models/unet3d/model.pt u.onnx --golden models/unet3d
$ ferry run u.onnx --input @models/unet3d/input_0.npy
$ ferry run u.onnx --input @models/unet3d/input_0.npy --runtime onnxruntime -o there -q; ls there
$ ferry convert models/unet3d/model.pt -o again.onnx -q && cmp u.onnx again.onnx && echo same bytes
# Every opset.
$ for o in 9 11 13 17 18 20 21 22 23 28; do ferry convert models/unet3d/model.pt -o u$o.onnx --opset $o --golden models/unet3d | tail -2 | sed "s/^/$o/"; done
# OUT is beside the model when it is not given.
$ cp models/constant/model.pt c.pt; ferry convert c.pt --input 2x3; ls c*
