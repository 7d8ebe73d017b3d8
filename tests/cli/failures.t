# needs: onnxruntime
# A check that fails leaves OUT as it was.
$ echo old > u.onnx; ferry convert models/unet3d/model.pt -o u.onnx --golden models/unet2d_bn
$ ferry convert models/unet3d/model.pt -o u.onnx -i @models/unet3d/input_0.npy --golden models/unet3d --bound 1e-30,1e-30,1e-30 > log; echo "exit $?"; grep -c failed log; cat u.onnx; ls
# One weight changed by one bit in the file: found by name, and where it shows first.
$ ferry convert models/unet3d/model.pt -o good.onnx -q; printf '\x7f' > byte; cp good.onnx bad.onnx; at=$(grep -abo head.weight bad.onnx | tail -1 | cut -d: -f1); dd if=byte of=bad.onnx bs=1 seek=$((at + 20)) conv=notrunc 2>/dev/null; ferry verify models/unet3d/model.pt bad.onnx
