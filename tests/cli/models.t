# needs: onnxruntime
# Each model with results from PyTorch, at the oldest, a common and the newest opset.
$ for o in 9 17 28; do ferry convert models/unet2d_bn/model.pt -o m.onnx --opset $o --golden models/unet2d_bn | sed 1d; done
$ ferry convert models/unet2d_bn/model.pt -o m.onnx --fuse --golden models/unet2d_bn | sed 1d
$ for o in 9 17 28; do ferry convert models/argmax/model.pt -o m.onnx --opset $o --golden models/argmax | sed 1,2d; done
# The archive carries its own results.
$ ferry convert models/carries_golden/model.pt -o m.onnx | tail -2
# Numbers among the inputs, dicts, tuples and numbers among the outputs, names of one's own.
$ for o in 9 17 28; do ferry convert models/heads/model.pt -o m.onnx --opset $o -i @models/heads/input_0.npy -i scale=0.5 -i @models/heads/input_1.npy -i k=3 --golden models/heads; done
$ ferry convert models/heads/model.pt -o m.onnx -i int64[1,3] -i 0.5 --input-name ids --output-name logits --keep-output 0 -v; ferry inspect m.onnx
$ ferry run models/heads/model.pt -i @models/heads/input_0.npy -i 0.5; ls *.npy
# Branches and loops on data: converted once, right for every input.
$ ferry convert models/branch/model.pt -o b.onnx --input 3x4 --golden models/branch --opset 13
$ for s in 1 2 3 4 5; do ferry verify models/branch/model.pt b.onnx --seed $s | grep crossed; done
